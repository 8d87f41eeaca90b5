import type { Box } from './picture.ts'

/** Ways that arrow keys lead through the picture. */
export type Direction = 'up' | 'down' | 'left' | 'right'

const KEYS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
}

/** Sideways distance counts this many times, so that a row or column is followed before it is left. */
const SIDEWAYS = 3

/** The direction of an arrow key. */
export function directionOf(key: string): Direction | undefined {
  return KEYS[key]
}

/** Boxes that can have the focus: those that something can be done with. */
export function isReachable(box: Box): boolean {
  return box.kind === 'member' || (box.kind === 'group' && box.fold !== 'none')
}

/**
 * Where an arrow key leads from a box: the nearest reachable one on that side.
 *
 * @returns its id; undefined when nothing is there
 */
export function nextBox(boxes: readonly Box[], fromId: string, direction: Direction): string | undefined {
  const from = boxes.find(({ id }) => id === fromId)
  if (from === undefined) return undefined
  const isVertical = direction === 'up' || direction === 'down'
  const sign = direction === 'up' || direction === 'left' ? -1 : 1
  const start = centerOf(from)
  let best: { readonly id: string; readonly cost: number } | undefined
  for (const box of boxes) {
    if (box.id === fromId || !isReachable(box)) continue
    const end = centerOf(box)
    const ahead = sign * (isVertical ? end.y - start.y : end.x - start.x)
    if (ahead < 1) continue
    const cost = ahead + SIDEWAYS * Math.abs(isVertical ? end.x - start.x : end.y - start.y)
    if (best === undefined || cost < best.cost) best = { id: box.id, cost }
  }
  return best?.id
}

function centerOf({ x, y, width, height }: Box): { readonly x: number; readonly y: number } {
  return { x: x + width / 2, y: y + height / 2 }
}
