import type { ClusterDefinition, ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'
import { compareNames, gridCells } from './grid-cells.ts'
import { layOutLinks } from './link-lines.ts'
import { countStatuses } from './member-list.ts'
import type { Box, Picture } from './picture.ts'
import { cloudWidth, SIZES } from './picture-sizes.ts'

/** More members of one service in one cloud than this are one box until somebody opens it. */
export const PILE_ABOVE = 24

/** What a picture is laid out for. */
export interface PictureWish {
  readonly mesh: Pick<ClusterMesh, 'members' | 'links' | 'awaited'>
  readonly definition: ClusterDefinition
  /** Ids of groups that were opened. */
  readonly opened: ReadonlySet<string>
  /** Tiles side by side in a cloud. */
  readonly columns: number
  /** Clouds side by side. */
  readonly cloudsPerRow: number
}

/**
 * Lays out a mesh: coordinator above, clouds as boxes, in each its services in the order of the definition and their
 * members by slot. The same mesh gives the same picture, and a member that comes, goes or changes its state moves no
 * other as long as its service needs no further row.
 */
export function layOutMesh(wish: PictureWish): Picture {
  const { columns, cloudsPerRow } = wish
  const names = cloudNames(wish)
  const perRow = Math.max(1, Math.min(cloudsPerRow, names.length))
  const step = cloudWidth(columns) + SIZES.cloudGap
  const width = SIZES.trunk + perRow * step - SIZES.cloudGap
  const boxes: Box[] = coordinatorBoxes(wish, width)
  let y = boxes.length === 0 ? 0 : SIZES.tileHeight + SIZES.coordinatorGap
  for (let start = 0; start < names.length; start += perRow) {
    const row = names.slice(start, start + perRow)
    const clouds = row.map((name, index) => layOutCloud(wish, name, SIZES.trunk + index * step, y))
    boxes.push(...clouds.flat())
    y += Math.max(...clouds.map(([cloud]) => cloud?.height ?? 0)) + SIZES.cloudGap
  }
  return { boxes, links: layOutLinks(wish.mesh, boxes), width, height: Math.max(SIZES.tileHeight, y - SIZES.cloudGap) }
}

function coordinatorBoxes({ mesh }: PictureWish, width: number): Box[] {
  const own = mesh.members.filter(isCoordinator)
  const step = SIZES.coordinatorWidth + SIZES.gap
  const left = (width - own.length * step + SIZES.gap) / 2
  return own.map((member, index) => ({
    kind: 'member',
    id: member.peer,
    member,
    formerHolders: 0,
    x: left + index * step,
    y: 0,
    width: SIZES.coordinatorWidth,
    height: SIZES.tileHeight,
  }))
}

function isCoordinator(member: MeshMember): boolean {
  return member.isSelf || member.role === 'coordinator'
}

/** Clouds of the definition in its order, then others that somebody still stands in. */
function cloudNames({ mesh, definition }: PictureWish): readonly string[] {
  const standing = [...mesh.members.filter((member) => !isCoordinator(member)), ...mesh.awaited]
  const others = standing.map(({ cloud }) => cloud).toSorted(compareNames)
  return [...new Set([...definition.clouds.map(({ name }) => name), ...others])]
}

/** The cloud's own box first, so that what is in it is drawn above it. */
function layOutCloud(wish: PictureWish, cloud: string, x: number, y: number): readonly Box[] {
  const members = wish.mesh.members.filter((member) => member.cloud === cloud && !isCoordinator(member))
  const inside: Box[] = []
  let bottom = y + SIZES.cloudTitle
  for (const service of serviceNames(wish, cloud, members)) {
    const group = layOutGroup(wish, { cloud, service, x: x + SIZES.padding, y: bottom })
    inside.push(...group.boxes)
    bottom = group.bottom + SIZES.groupGap
  }
  const height = bottom - y + (inside.length === 0 ? 0 : SIZES.padding - SIZES.groupGap)
  const counts = countStatuses(members)
  const width = cloudWidth(wish.columns)
  return [{ kind: 'cloud', id: `cloud:${cloud}`, name: cloud, counts, x, y, width, height }, ...inside]
}

/** The agent, services of the definition in its order, others by name; those that nobody stands for are left out. */
function serviceNames(wish: PictureWish, cloud: string, members: readonly MeshMember[]): readonly string[] {
  const awaited = wish.mesh.awaited.filter((place) => place.cloud === cloud)
  const present = new Set([...members, ...awaited].map(({ service }) => service))
  const agents = members.filter(({ role }) => role === 'cloud-agent').map(({ service }) => service)
  const defined = wish.definition.services.toSorted((a, b) => rank(a.kind) - rank(b.kind)).map(({ name }) => name)
  const ordered = new Set([...agents, ...defined, ...[...present].toSorted(compareNames)])
  return [...ordered].filter((service) => present.has(service))
}

/** Fixed services stand above workers. */
function rank(kind: ClusterDefinition['services'][number]['kind']): number {
  return kind === 'scalable' ? 1 : 0
}

interface GroupPlace {
  readonly cloud: string
  readonly service: string
  readonly x: number
  readonly y: number
}

function layOutGroup(
  wish: PictureWish,
  place: GroupPlace,
): { readonly boxes: readonly Box[]; readonly bottom: number } {
  const { cloud, service, x, y } = place
  const isHere = (one: { readonly cloud: string; readonly service: string }) =>
    one.cloud === cloud && one.service === service
  const members = wish.mesh.members.filter((member) => isHere(member) && !isCoordinator(member))
  const awaited = wish.mesh.awaited.filter(isHere)
  const id = `group:${cloud}/${service}`
  const cells = gridCells(members, awaited)
  const isMany = cells.length > PILE_ABOVE
  const fold = isMany ? (wish.opened.has(id) ? 'open' : 'folded') : 'none'
  const height = isMany ? SIZES.pile : SIZES.groupTitle
  const width = cloudWidth(wish.columns) - 2 * SIZES.padding
  const counts = countStatuses(members)
  const connected = members.filter(({ connection }) => connection !== undefined).length
  const numbers = { counts, connected, awaited: awaited.length }
  const title: Box = { kind: 'group', id, service, cloud, ...numbers, fold, x, y, width, height }
  if (fold === 'folded') return { boxes: [title], bottom: y + height }
  const top = y + height + (isMany ? SIZES.gap : 0)
  const tiles = cells.map(({ index, ...cell }): Box => {
    const column = index % wish.columns
    const row = Math.floor(index / wish.columns)
    const rect = {
      x: x + column * (SIZES.tileWidth + SIZES.gap),
      y: top + row * (SIZES.tileHeight + SIZES.gap),
      width: SIZES.tileWidth,
      height: SIZES.tileHeight,
    }
    return { ...cell, ...rect }
  })
  const rows = Math.floor(Math.max(...cells.map(({ index }) => index)) / wish.columns) + 1
  return { boxes: [title, ...tiles], bottom: top + rows * (SIZES.tileHeight + SIZES.gap) - SIZES.gap }
}
