import type { ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'
import type { StatusCounts } from './member-list.ts'

interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A place whose machine may join and has not yet. */
export type AwaitedPlace = ClusterMesh['awaited'][number]

/** What a box shows. Ids stay the same as long as the thing does. */
export type BoxContent =
  | { readonly kind: 'cloud'; readonly name: string; readonly counts: StatusCounts }
  | { readonly kind: 'member'; readonly member: MeshMember; readonly formerHolders: number }
  | { readonly kind: 'awaited'; readonly place: AwaitedPlace }
  | {
      /** Title of the members of one service in one cloud. */
      readonly kind: 'group'
      readonly service: string
      readonly cloud: string
      readonly counts: StatusCounts
      readonly awaited: number
      /** Members that the coordinator is connected with. */
      readonly connected: number
      /** `none` its members are few and always shown · `folded` they are not drawn · `open` somebody opened it */
      readonly fold: 'none' | 'folded' | 'open'
    }

export type Box = Rect & BoxContent & { readonly id: string }

/** A place in the picture. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A connection between boxes; of a folded group all together. */
export interface PictureLink {
  readonly id: string
  readonly from: string
  readonly to: string
  /** Whether all of them go through a relay. */
  readonly isRelayed: boolean
  /** Corners of the line, both ends included. It crosses no text and no box but those that it joins. */
  readonly points: readonly Point[]
}

/** Where everything is. Boxes stand in reading order: from top to bottom, cloud after cloud. */
export interface Picture {
  readonly boxes: readonly Box[]
  readonly links: readonly PictureLink[]
  readonly width: number
  readonly height: number
}
