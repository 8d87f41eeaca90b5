import type { ContextChange, NewContext, NewContextVersion } from '@muster/contexts/wire/contexts.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from './api.ts'
import { contextQuery } from './queries.ts'

/** Makes a context with its version 1. */
export function useCreateContext() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (context: NewContext) => api.contexts.create(context),
    onSuccess: (created) => {
      client.setQueryData(contextQuery(created.value.id).queryKey, created)
      return client.invalidateQueries({ queryKey: ['contexts'] })
    },
  })
}

/** What a new version is saved on top of. */
interface VersionWish {
  readonly version: NewContextVersion
  /** Validator of the context that the writer saw. */
  readonly etag: string
}

/** Saves a further version; code `precondition-failed` when somebody else saved meanwhile. */
export function usePublishVersion(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ version, etag }: VersionWish) => api.contexts.publish(id, version, etag),
    onSuccess: (saved) => {
      client.setQueryData(contextQuery(id).queryKey, saved)
      return client.invalidateQueries({ queryKey: ['contexts'] })
    },
  })
}

/** Changes name or description. */
export function useChangeContext(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ change, etag }: { change: ContextChange; etag: string }) => api.contexts.change(id, change, etag),
    onSuccess: (changed) => {
      client.setQueryData(contextQuery(id).queryKey, changed)
      return client.invalidateQueries({ queryKey: ['contexts'] })
    },
  })
}

/** Deletes a context with all its versions. */
export function useDeleteContext(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (etag: string) => api.contexts.remove(id, etag),
    onSuccess: () => {
      client.removeQueries({ queryKey: ['contexts', 'one', id] })
      client.removeQueries({ queryKey: ['contexts', 'versions', id] })
      client.removeQueries({ queryKey: ['version-text', id] })
      return client.invalidateQueries({ queryKey: ['contexts', 'list'] })
    },
  })
}
