/** A node of the storm, as the bench places it. */
export interface StormPlace {
  /** Hex of the 32 bytes. */
  readonly seed: string
  /** Empty for the coordinator. */
  readonly cloud: string
  readonly isAgent: boolean
}

/** A place with who stands there. */
export interface StormMember extends StormPlace {
  readonly peer: string
  readonly addresses: readonly string[]
}

/** What the bench tells a process of the storm; each is answered once by a `StormAnswer` of the same type. */
export type StormOrder =
  /** Starts hosts. @param folder - of the process alone, for the stores */
  | { readonly type: 'open'; readonly places: readonly StormPlace[]; readonly folder: string }
  /** Attaches all own nodes to the cluster. */
  | { readonly type: 'join'; readonly members: readonly StormMember[] }
  /** Connects each own node to those named with it. */
  | { readonly type: 'connect'; readonly links: readonly (readonly [from: string, to: string])[] }
  /** Puts content of a seed into the store of the first own node, and offers it over HTTP. */
  | { readonly type: 'publish'; readonly contentSeed: number; readonly bytes: number }
  /** All own nodes fetch at once, through the mesh or from a URL. */
  | { readonly type: 'fetch'; readonly id: string }
  | { readonly type: 'download'; readonly id: string; readonly url: string }
  | { readonly type: 'counts' }

export type StormAnswer =
  | {
      readonly type: 'open'
      readonly nodes: readonly { readonly peer: string; readonly addresses: readonly string[] }[]
    }
  | { readonly type: 'join' | 'connect' }
  | { readonly type: 'publish'; readonly id: string; readonly url: string }
  /** Milliseconds from the order to the blob being on the disk, one for each node. */
  | { readonly type: 'fetch' | 'download'; readonly times: readonly number[]; readonly failures: number }
  | {
      readonly type: 'counts'
      readonly served: readonly { readonly cloud: string; readonly blobs: number; readonly bytes: number }[]
      readonly connections: number
      readonly cpuMs: number
    }
