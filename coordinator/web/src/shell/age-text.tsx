import { Text } from '@mantine/core'
import { describeAge } from './age.ts'
import { useNow } from './use-now.ts'

/** A time as its age, with the exact time on hover; stays up to date. */
export function AgeText({ at }: { readonly at: string }) {
  const now = useNow(5_000)
  return (
    <Text
      component="time"
      dateTime={at}
      title={new Date(at).toLocaleString('en-GB')}
      size="sm"
      className="nowrap"
      inherit
    >
      {describeAge(at, now)}
    </Text>
  )
}
