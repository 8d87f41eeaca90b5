import { Button, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { PlainFrame } from './plain-frame.tsx'

/** Answer to an address that no page has. */
export function NotFoundPage() {
  return (
    <PlainFrame title="No such page" lead="There is nothing at this address.">
      <Text mb="md">The link may be old, or have lost some letters on its way.</Text>
      <Button renderRoot={(props) => <Link to="/" {...props} />}>To the dashboard</Button>
    </PlainFrame>
  )
}
