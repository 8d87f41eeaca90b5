import { Alert, Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { sessionQuery } from '../api/queries.ts'

/** Says that the session ended while the page was open, without taking away what was typed. */
export function SignedOutNote() {
  const { data } = useQuery(sessionQuery)
  if (data !== null) return null
  return (
    <Alert color="yellow" variant="light" title="You are signed out" mb="md" role="status">
      Your session ended.{' '}
      <Anchor inherit renderRoot={(props) => <Link to="/signin" search={{}} target="_blank" {...props} />}>
        Sign in
      </Anchor>{' '}
      in another tab to go on here, where what you typed still is.
    </Alert>
  )
}
