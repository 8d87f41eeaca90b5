import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from './api.ts'

/** Gives a machine another name. */
export function useRenameMachine() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, name, etag }: { id: string; name: string; etag: string }) =>
      api.machines.change(id, { name }, etag),
    onSuccess: () => client.invalidateQueries({ queryKey: ['machines'] }),
  })
}

/** Forgets a machine. */
export function useForgetMachine() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.machines.forget(id),
    onSuccess: (_, id) => {
      client.removeQueries({ queryKey: ['machines', 'one', id] })
      return client.invalidateQueries({ queryKey: ['machines', 'list'] })
    },
  })
}
