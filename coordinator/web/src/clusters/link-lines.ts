import type { ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { compareNames } from './grid-cells.ts'
import type { Box, PictureLink, Point } from './picture.ts'
import { SIZES } from './picture-sizes.ts'

/** Between a coordinator and the line that leads to the clouds. */
const BUS = 28

/** Links between what is drawn: ends in a folded group are the group; both reports of one pair are one link. */
export function layOutLinks(
  mesh: Pick<ClusterMesh, 'members' | 'links'>,
  boxes: readonly Box[],
): readonly PictureLink[] {
  const drawn = new Map(boxes.map((box) => [box.id, box]))
  const members = new Map(mesh.members.map((member) => [member.peer, member]))
  const boxOf = (peer: string) => {
    const member = members.get(peer)
    return drawn.get(peer) ?? (member && drawn.get(`group:${member.cloud}/${member.service}`))
  }
  const found = new Map<string, PictureLink>()
  for (const { from, to, isRelayed } of mesh.links) {
    const start = boxOf(from)
    const end = boxOf(to)
    // A title is drawn too, but only a folded one stands for its members.
    if (start === undefined || end === undefined || start === end || isTitle(start) || isTitle(end)) continue
    const id = `link:${[start.id, end.id].toSorted(compareNames).join(' ')}`
    const known = found.get(id)
    const points = known?.points ?? lineBetween(start, end, boxes)
    const isWholly = isRelayed && (known?.isRelayed ?? true)
    found.set(id, { id, from: known?.from ?? start.id, to: known?.to ?? end.id, isRelayed: isWholly, points })
  }
  return [...found.values()]
}

function isTitle(box: Box): boolean {
  return box.kind === 'group' && box.fold !== 'folded'
}

/** From the coordinator beside the clouds and between the rows; between others straight from middle to middle. */
function lineBetween(one: Box, other: Box, boxes: readonly Box[]): readonly Point[] {
  if (isAbove(other)) return lineBetween(other, one, boxes)
  const cloud = boxes.find((box) => box.kind === 'cloud' && box.name === cloudOf(other))
  if (!isAbove(one) || cloud === undefined) return [middleOf(one), middleOf(other)]
  const start = { x: one.x + one.width / 2, y: one.y + one.height }
  const end = { x: other.x + SIZES.tileWidth / 2, y: other.y }
  const trunk = cloud.x - SIZES.trunk / 2
  const bus = start.y + BUS
  const row = end.y - SIZES.gap / 2
  return [start, { x: start.x, y: bus }, { x: trunk, y: bus }, { x: trunk, y: row }, { x: end.x, y: row }, end]
}

/** Whether it is the box of a coordinator. */
function isAbove(box: Box): boolean {
  return box.kind === 'member' && box.y === 0
}

function cloudOf(box: Box): string | undefined {
  if (box.kind === 'member') return box.member.cloud
  return box.kind === 'group' ? box.cloud : undefined
}

function middleOf({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 }
}
