import { Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'

/** Heading of a step; takes the focus when the step begins, so that keyboard and screen reader follow the pairing. */
export function StepTitle({ children }: { readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <Title order={2} ref={heading} tabIndex={-1} className="breakable">
      {children}
    </Title>
  )
}
