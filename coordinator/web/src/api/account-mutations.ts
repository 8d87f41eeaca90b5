import type { NewToken, PasswordChange, Session } from '@muster/contexts/wire/accounts.ts'
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from './api.ts'
import { sessionQuery } from './queries.ts'
import { markSignedIn } from './session-mark.ts'

/** Begins a session. */
export function useSignIn() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (credentials: { login: string; password: string }) => api.accounts.signIn(credentials),
    onSuccess: (session) => enter(client, session),
  })
}

/** Makes an account and begins a session. */
export function useSignUp() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (credentials: { login: string; password: string }) => api.accounts.signUp(credentials),
    onSuccess: (session) => enter(client, session),
  })
}

/** What another account left on this page must not be seen by this one. */
function enter(client: QueryClient, session: Session): void {
  markSignedIn(true)
  client.clear()
  client.setQueryData(sessionQuery.queryKey, session)
}

/** Gives the account another password; the other sessions end. */
export function useChangePassword() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (change: PasswordChange) => api.accounts.changePassword(change),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  })
}

/** Signs another browser out. */
export function useEndSession() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.accounts.endSession(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  })
}

/** Makes an API token. */
export function useCreateToken() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (token: NewToken) => api.accounts.createToken(token),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  })
}

/** Ends an API token. */
export function useRevokeToken() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.accounts.revokeToken(id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  })
}

/** Lets a command line in. */
export function useApproveDevice() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (userCode: string) => api.accounts.approveDevice(userCode),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  })
}
