import { useEffect, useState } from 'react'

/** The time in epoch milliseconds, renewed every `everyMs`, for ages and countdowns on the page. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs)
    return () => window.clearInterval(timer)
  }, [everyMs])
  return now
}
