import { useEffect, useState } from 'react'
import { useNow } from '../shell/use-now.ts'

/**
 * Seconds left of a pause that begins anew whenever `cause` is another one.
 *
 * @param seconds - length of the pause
 */
export function useCountdown(seconds: number, cause: unknown): number {
  const now = useNow(500)
  const [pause, setPause] = useState({ cause, until: 0 })
  useEffect(() => {
    setPause({ cause, until: seconds > 0 ? Date.now() + seconds * 1000 : 0 })
  }, [seconds, cause])
  return Math.max(0, Math.ceil((pause.until - now) / 1000))
}
