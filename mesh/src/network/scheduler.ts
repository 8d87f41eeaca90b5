interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Virtual time: a queue of what is to happen, run in order. Of two for the same moment the one planned first runs first. */
export interface Scheduler {
  /** Milliseconds since the start of the simulation. */
  now(): number
  /** @param delayMs - 0 or more; less counts as 0 */
  after(delayMs: number, run: () => void): void
  /** Runs all that is due within the next so many milliseconds, then stands there. */
  advance(ms: number): void
  /** Things that ran so far. */
  readonly steps: number
}

/** A queue at time 0. */
export function createScheduler(): Scheduler {
  const heap: Entry[] = []
  let now = 0
  let planned = 0
  let steps = 0
  return {
    now: () => now,
    after(delayMs, run) {
      planned += 1
      push(heap, { at: now + Math.max(0, delayMs), order: planned, run })
    },
    advance(ms) {
      const end = now + ms
      for (let first = heap[0]; first !== undefined && first.at <= end; first = heap[0]) {
        pop(heap)
        now = first.at
        steps += 1
        first.run()
      }
      now = end
    },
    get steps() {
      return steps
    },
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order)
}

/** Binary heap: the earliest entry is at index 0. */
function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1
  while (index > 0) {
    const above = (index - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || isBefore(parent, entry)) break
    heap[index] = parent
    index = above
  }
  heap[index] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const first = heap[left]
    if (first === undefined) break
    const second = heap[left + 1]
    const isSecond = second !== undefined && isBefore(second, first)
    const child = isSecond ? second : first
    if (isBefore(last, child)) break
    heap[index] = child
    index = isSecond ? left + 1 : left
  }
  heap[index] = last
}
