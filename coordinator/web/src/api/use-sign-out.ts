import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { forgetOpened } from '../sealing/opened-texts.ts'
import { api } from './api.ts'
import { sessionQuery } from './queries.ts'
import { markSignedIn } from './session-mark.ts'

/** Ends the session and leaves. */
export function useSignOut() {
  const leave = useLeave()
  return useMutation({ mutationFn: () => api.accounts.signOut(), onSettled: leave })
}

/** Deletes the account with all it owns and leaves; when that fails, nothing has changed. */
export function useDeleteAccount() {
  const leave = useLeave()
  return useMutation({
    mutationFn: (password: string) => api.accounts.deleteAccount({ password }),
    onSuccess: leave,
  })
}

/** Forgets what the page knew and goes to the sign-in page. */
function useLeave(): () => Promise<void> {
  const client = useQueryClient()
  const navigate = useNavigate()
  return async () => {
    markSignedIn(false)
    forgetOpened()
    client.clear()
    client.setQueryData(sessionQuery.queryKey, null)
    await navigate({ to: '/signin', search: {} })
  }
}
