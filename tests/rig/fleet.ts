import type { LabHost } from './lab.ts'

/** Something that a node of a fleet has told of, at the moment when this process heard of it. */
export type FleetNotice =
  | { readonly type: 'joined' | 'dead'; readonly observer: string; readonly about: string; readonly at: number }
  | { readonly type: 'event'; readonly observer: string; readonly about: string; readonly at: number }

/** Running nodes of one kind of mesh, one on each host, that are compared with those of another kind. */
export interface Fleet {
  readonly name: string
  /** Process ids by host. */
  readonly pids: ReadonlyMap<string, number>
  /** Starts the node of a host; the first one started is where the others ask to be let in. */
  start(host: LabHost): Promise<void>
  /** Makes one node say something to all. @returns what the notices of it are about */
  announce(host: LabHost): Promise<string>
  /** Told of each notice. @returns stops */
  onNotice(listener: (notice: FleetNotice) => void): () => void
  /** Ends what is not a program of the lab. */
  stop(): Promise<void>
}
