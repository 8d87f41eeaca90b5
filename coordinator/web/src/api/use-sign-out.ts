import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { forgetOpened } from '../sealing/opened-texts.ts'
import { api } from './api.ts'
import { sessionQuery } from './queries.ts'
import { markSignedIn } from './session-mark.ts'

/** Ends the session, forgets what the page knew and goes to the sign-in page. */
export function useSignOut() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: () => api.accounts.signOut(),
    onSettled: async () => {
      markSignedIn(false)
      forgetOpened()
      client.clear()
      client.setQueryData(sessionQuery.queryKey, null)
      await navigate({ to: '/signin', search: {} })
    },
  })
}
