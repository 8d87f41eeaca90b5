import { Anchor, Text } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { CredentialsForm } from '../accounts/credentials-form.tsx'
import { nextPage } from '../accounts/next-page.ts'
import { useSignIn } from '../api/account-mutations.ts'
import { PlainFrame } from '../shell/plain-frame.tsx'

/** `/signin` */
export function SignInPage() {
  const { next } = useSearch({ from: '/signin' })
  const navigate = useNavigate()
  const signIn = useSignIn()
  return (
    <PlainFrame title="Sign in" lead="Turn fresh machines into the ones you need.">
      <CredentialsForm
        action="Sign in"
        isNew={false}
        isPending={signIn.isPending}
        error={signIn.error}
        onSubmit={(credentials) =>
          signIn.mutate(credentials, { onSuccess: () => void navigate({ href: nextPage(next), replace: true }) })
        }
      />
      <Text size="sm" mt="lg" ta="center">
        New here?{' '}
        <Anchor renderRoot={(props) => <Link to="/signup" search={next === undefined ? {} : { next }} {...props} />}>
          Create an account
        </Anchor>
      </Text>
    </PlainFrame>
  )
}
