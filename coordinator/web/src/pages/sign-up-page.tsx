import { Anchor, Text } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { CredentialsForm } from '../accounts/credentials-form.tsx'
import { nextPage } from '../accounts/next-page.ts'
import { useSignUp } from '../api/account-mutations.ts'
import { PlainFrame } from '../shell/plain-frame.tsx'

/** `/signup` */
export function SignUpPage() {
  const { next } = useSearch({ from: '/signup' })
  const navigate = useNavigate()
  const signUp = useSignUp()
  return (
    <PlainFrame title="Create an account" lead="A name and a password are all it takes.">
      <CredentialsForm
        action="Create account"
        isNew
        isPending={signUp.isPending}
        error={signUp.error}
        onSubmit={(credentials) =>
          signUp.mutate(credentials, { onSuccess: () => void navigate({ href: nextPage(next), replace: true }) })
        }
      />
      <Text size="sm" mt="lg" ta="center">
        You have an account?{' '}
        <Anchor renderRoot={(props) => <Link to="/signin" search={next === undefined ? {} : { next }} {...props} />}>
          Sign in
        </Anchor>
      </Text>
    </PlainFrame>
  )
}
