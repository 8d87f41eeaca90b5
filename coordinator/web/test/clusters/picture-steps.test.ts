import { expect, test } from 'vitest'
import { layOutMesh } from '../../src/clusters/layout.ts'
import { directionOf, isReachable, nextBox } from '../../src/clusters/picture-steps.ts'
import { COORDINATOR, DEFINITION, memberAt, meshOf, peerOf } from './sample-mesh.ts'

const members = [0, 1, 2, 3, 4].flatMap((slot) => ['south', 'north'].map((cloud) => memberAt(cloud, 'web', slot)))
const wish = { definition: DEFINITION, opened: new Set<string>(), columns: 3, cloudsPerRow: 2 }
const { boxes } = layOutMesh({ ...wish, mesh: meshOf(members) })
const south = (slot: number) => peerOf(`south-web-${slot}-0`)
const north = (slot: number) => peerOf(`north-web-${slot}-0`)

test.each([
  ['right along a row', south(0), 'right', south(1)],
  ['right into the next cloud', south(2), 'right', north(0)],
  ['left back', north(0), 'left', south(2)],
  ['down a column', south(0), 'down', south(3)],
  ['up again', south(4), 'up', south(1)],
  ['up to the coordinator', south(2), 'up', COORDINATOR.peer],
] as const)('an arrow key leads %s', (_, from, direction, to) => {
  expect(nextBox(boxes, from, direction)).toBe(to)
})

test('where nothing is, nothing is reached', () => {
  expect(nextBox(boxes, COORDINATOR.peer, 'up')).toBeUndefined()
  expect(nextBox(boxes, 'nowhere', 'up')).toBeUndefined()
})

test('from anywhere every box that something can be done with is reached', () => {
  const seen = new Set<string>([COORDINATOR.peer])
  for (const id of seen) {
    for (const direction of ['up', 'down', 'left', 'right'] as const) {
      const next = nextBox(boxes, id, direction)
      if (next !== undefined) seen.add(next)
    }
  }
  expect(seen.size).toBe(boxes.filter(isReachable).length)
})

test('only arrow keys have a direction', () => {
  expect(directionOf('ArrowLeft')).toBe('left')
  expect(directionOf('Enter')).toBeUndefined()
})
