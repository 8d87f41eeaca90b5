import type { NewCluster, NewClusterMachine } from '@muster/contexts/wire/clusters.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from './api.ts'
import { clusterQuery } from './queries.ts'

/** Makes a cluster with version 1 of its definition. */
export function useCreateCluster() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (cluster: NewCluster) => api.clusters.create(cluster),
    onSuccess: (created) => {
      client.setQueryData(clusterQuery(created.value.id).queryKey, created)
      return client.invalidateQueries({ queryKey: ['clusters', 'list'] })
    },
  })
}

/** Deletes a cluster; its machines are not touched. */
export function useDeleteCluster(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (etag: string) => api.clusters.remove(id, etag),
    onSuccess: () => {
      client.removeQueries({ queryKey: ['clusters', 'one', id] })
      client.removeQueries({ queryKey: ['clusters', 'mesh', id] })
      return client.invalidateQueries({ queryKey: ['clusters', 'list'] })
    },
  })
}

/** Lets one machine join. */
export function useAuthorizeMachine(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (machine: NewClusterMachine) => api.clusters.authorize(id, machine),
    // The answer has a token: it lives with the dialog, not in the memory of the pages.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: ['clusters', 'mesh', id] }),
  })
}

/** Cuts a member off. */
export function useRevokeMember(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (peer: string) => api.clusters.revoke(id, peer),
    onSuccess: () => client.invalidateQueries({ queryKey: ['clusters', 'mesh', id] }),
  })
}
