import type { MeshMember } from '@muster/contexts/wire/clusters.ts'
import { describe, expect, test } from 'vitest'
import { layOutMesh, PILE_ABOVE, type PictureWish } from '../../src/clusters/layout.ts'
import type { Box, Picture } from '../../src/clusters/picture.ts'
import { COORDINATOR, connected, DEFINITION, memberAt, meshOf, peerOf } from './sample-mesh.ts'

function layOut(members: readonly MeshMember[], more: Partial<PictureWish> = {}): Picture {
  const wish = { mesh: meshOf(members), definition: DEFINITION, opened: new Set<string>(), columns: 3, cloudsPerRow: 2 }
  return layOutMesh({ ...wish, ...more })
}

function boxOf({ boxes }: Picture, id: string): Box {
  const box = boxes.find((candidate) => candidate.id === id)
  if (box === undefined) throw new Error(`no box ${id}`)
  return box
}

function isInside(inner: Box, outer: Box): boolean {
  const right = inner.x + inner.width <= outer.x + outer.width
  const bottom = inner.y + inner.height <= outer.y + outer.height
  return inner.x >= outer.x && inner.y >= outer.y && right && bottom
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

const workers = (cloud: string, count: number, more: Partial<MeshMember> = {}) =>
  Array.from({ length: count }, (_, slot) => memberAt(cloud, 'worker', slot, more))

const MIXED = [
  memberAt('north', 'cloud-agent', 0),
  memberAt('north', 'web', 0),
  ...workers('north', 7),
  memberAt('south', 'web', 1),
  ...workers('south', 30),
]

describe('where boxes stand', () => {
  test('clouds stand side by side in the order of the definition, the coordinator above them', () => {
    const picture = layOut(MIXED)
    const south = boxOf(picture, 'cloud:south')
    const north = boxOf(picture, 'cloud:north')
    const coordinator = boxOf(picture, COORDINATOR.peer)
    expect(south.x + south.width).toBeLessThan(north.x)
    expect(south.y).toBe(north.y)
    expect(coordinator.y + coordinator.height).toBeLessThan(south.y)
  })

  test('with little room clouds stand below each other', () => {
    const picture = layOut(MIXED, { cloudsPerRow: 1, columns: 2 })
    const south = boxOf(picture, 'cloud:south')
    const north = boxOf(picture, 'cloud:north')
    expect(north.x).toBe(south.x)
    expect(north.y).toBeGreaterThan(south.y + south.height)
  })

  test.each([
    ['folded', new Set<string>(), 2],
    ['opened', new Set(['group:south/worker']), 2],
    ['narrow', new Set(['group:south/worker']), 1],
  ] as const)('every box lies in its cloud and the picture, and none on another (%s)', (_, opened, cloudsPerRow) => {
    const picture = layOut(MIXED, { opened, cloudsPerRow })
    const clouds = picture.boxes.filter(({ kind }) => kind === 'cloud')
    const others = picture.boxes.filter(({ kind, id }) => kind !== 'cloud' && id !== COORDINATOR.peer)
    for (const box of others)
      expect(
        clouds.filter((cloud) => isInside(box, cloud)),
        box.id,
      ).toHaveLength(1)
    const solid = picture.boxes.filter(({ kind }) => kind !== 'cloud')
    for (const a of solid) for (const b of solid) if (a !== b) expect(overlap(a, b), `${a.id} on ${b.id}`).toBe(false)
    for (const box of picture.boxes) {
      expect(box.x + box.width).toBeLessThanOrEqual(picture.width)
      expect(box.y + box.height).toBeLessThanOrEqual(picture.height)
    }
  })

  test('the agent comes first, then fixed services, then workers, whatever order the definition has', () => {
    const groups = layOut(MIXED).boxes.filter((box) => box.kind === 'group' && box.cloud === 'north')
    expect(groups.map(({ id }) => id)).toEqual(['group:north/cloud-agent', 'group:north/web', 'group:north/worker'])
  })

  test('a cloud and a service that the definition no longer has are shown while somebody stands there', () => {
    const picture = layOut([memberAt('old', 'legacy', 0)])
    expect(boxOf(picture, 'group:old/legacy').kind).toBe('group')
    expect(isInside(boxOf(picture, peerOf('old-legacy-0-0')), boxOf(picture, 'cloud:old'))).toBe(true)
  })

  test('an empty mesh shows the clouds of the definition', () => {
    const picture = layOut([])
    expect(picture.boxes.map(({ id }) => id)).toEqual([COORDINATOR.peer, 'cloud:south', 'cloud:north'])
    expect(picture.links).toEqual([])
  })
})

describe('nothing jumps', () => {
  test('the order in which members are told does not matter', () => {
    expect(layOut(MIXED.toReversed())).toEqual(layOut(MIXED))
  })

  test('who changes its status, or goes, or comes into a free slot, moves nobody else', () => {
    const before = layOut(workers('north', 6))
    const without = workers('north', 6).filter(({ slot }) => slot !== 2)
    const changed = without.map((member) => (member.slot === 4 ? { ...member, status: 'gone' as const } : member))
    const after = layOut(changed)
    for (const { peer } of without) {
      const [was, is] = [boxOf(before, peer), boxOf(after, peer)]
      expect([is.x, is.y]).toEqual([was.x, was.y])
    }
  })

  test('slots far apart are drawn without the gaps between them', () => {
    const picture = layOut([memberAt('north', 'worker', 0), memberAt('north', 'worker', 5000)])
    expect(boxOf(picture, peerOf('north-worker-5000-0')).y).toBe(boxOf(picture, peerOf('north-worker-0-0')).y)
  })

  test('the newest holder of a slot is drawn, and how many were before', () => {
    const gone = memberAt('north', 'web', 0, { generation: 1, status: 'gone' })
    const picture = layOut([gone, memberAt('north', 'web', 0, { generation: 2 })])
    expect(boxOf(picture, peerOf('north-web-0-2'))).toMatchObject({ kind: 'member', formerHolders: 1 })
    expect(picture.boxes.some(({ id }) => id === gone.peer)).toBe(false)
  })

  test('who is awaited has its place already', () => {
    const place = { service: 'web', cloud: 'north', slot: 1, generation: 0, expiresAt: '2026-01-01T00:00:00Z' }
    const waiting = layOut([], { mesh: meshOf([memberAt('north', 'web', 0)], [place]) })
    const joined = layOut([memberAt('north', 'web', 0), memberAt('north', 'web', 1)])
    const [was, is] = [boxOf(waiting, 'awaited:north/web/1'), boxOf(joined, peerOf('north-web-1-0'))]
    expect([was.x, was.y]).toEqual([is.x, is.y])
  })
})

describe('many members', () => {
  test('are one box with their numbers, until somebody opens it', () => {
    const many = [...workers('north', PILE_ABOVE), memberAt('north', 'worker', PILE_ABOVE, { status: 'suspect' })]
    const folded = layOut(many)
    expect(folded.boxes.filter(({ kind }) => kind === 'member')).toHaveLength(1)
    expect(boxOf(folded, 'group:north/worker')).toMatchObject({
      fold: 'folded',
      counts: { alive: PILE_ABOVE, suspect: 1, gone: 0, left: 0 },
    })
    const opened = layOut(many, { opened: new Set(['group:north/worker']) })
    expect(opened.boxes.filter(({ kind }) => kind === 'member')).toHaveLength(PILE_ABOVE + 2)
    expect(boxOf(opened, 'group:north/worker')).toMatchObject({ fold: 'open' })
  })

  test('as many as fit are shown each', () => {
    expect(layOut(workers('north', PILE_ABOVE)).boxes.filter(({ kind }) => kind === 'member')).toHaveLength(
      PILE_ABOVE + 1,
    )
  })
})

describe('links', () => {
  test('lead from the coordinator to who is connected, and to nobody else', () => {
    const near = memberAt('north', 'web', 0, connected())
    const { links } = layOut([near, memberAt('north', 'web', 1)])
    expect(links.map(({ from, to }) => [from, to])).toEqual([[COORDINATOR.peer, near.peer]])
  })

  test('of a folded group are one, relayed only if all are', () => {
    const direct = workers('north', 30, connected())
    const relayed = workers('south', 30, connected(true))
    const { links } = layOut([...direct, ...relayed])
    expect(links.map(({ to, isRelayed }) => [to, isRelayed])).toEqual([
      ['group:north/worker', false],
      ['group:south/worker', true],
    ])
  })

  test('that both ends report are one', () => {
    const near = memberAt('north', 'web', 0, connected())
    const mesh = meshOf([near])
    const back = { from: near.peer, to: COORDINATOR.peer, reportedBy: near.peer, isRelayed: false }
    expect(layOut([], { mesh: { ...mesh, links: [...mesh.links, back] } }).links).toHaveLength(1)
  })

  test('to somebody who is not drawn are left out', () => {
    const mesh = meshOf([])
    const link = { from: COORDINATOR.peer, to: peerOf('nobody'), reportedBy: COORDINATOR.peer, isRelayed: false }
    expect(layOut([], { mesh: { ...mesh, links: [link] } }).links).toEqual([])
  })

  test.each([1, 2])('run beside boxes, not across them (%i clouds in a row)', (cloudsPerRow) => {
    const members = MIXED.map((member) => ({ ...member, ...connected() }))
    const opened = new Set(['group:south/worker'])
    const { boxes, links } = layOut(members, { cloudsPerRow, opened })
    const solid = boxes.filter(({ kind }) => kind === 'member' || kind === 'awaited')
    expect(links).toHaveLength(members.length)
    for (const { from, to, points } of links) {
      for (const [index, end] of points.slice(1).entries()) {
        const start = points[index] ?? end
        const crossed = solid.filter((box) => box.id !== from && box.id !== to && crosses(box, start, end))
        expect(
          crossed.map(({ id }) => id),
          to,
        ).toEqual([])
      }
    }
  })
})

/** Whether an upright or level line goes through the inside of a box. */
function crosses(box: Box, a: { x: number; y: number }, b: { x: number; y: number }): boolean {
  const left = Math.min(a.x, b.x)
  const top = Math.min(a.y, b.y)
  return (
    left < box.x + box.width && Math.max(a.x, b.x) > box.x && top < box.y + box.height && Math.max(a.y, b.y) > box.y
  )
}
