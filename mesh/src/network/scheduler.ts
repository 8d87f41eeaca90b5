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

/**
 * What is planned is put aside by spans of so many milliseconds and sorted only when its span begins: most of it lies
 * seconds ahead. Longer: more to sort at once; shorter: more spans that are empty.
 */
const SPAN_MS = 32

/** A queue at time 0. */
export function createScheduler(): Scheduler {
  /** What is due in the span of now, and before. */
  const heap: Entry[] = []
  const later = new Map<number, Entry[]>()
  let span = 0
  let now = 0
  let planned = 0
  let steps = 0
  /** Begins the next span that has something in it, or the one of `end`. */
  const nextSpan = (end: number) => {
    const last = Math.floor(end / SPAN_MS)
    // Nothing at all is planned: no need to look into each span.
    if (later.size === 0) span = last
    while (span < last && heap.length === 0) {
      span += 1
      for (const entry of later.get(span) ?? []) push(heap, entry)
      later.delete(span)
    }
  }
  return {
    now: () => now,
    after(delayMs, run) {
      planned += 1
      const at = now + Math.max(0, delayMs)
      const entry = { at, order: planned, run }
      const due = Math.floor(at / SPAN_MS)
      if (due <= span) return push(heap, entry)
      // What is never due is never run.
      if (!Number.isFinite(due)) return
      const known = later.get(due)
      if (known === undefined) later.set(due, [entry])
      else known.push(entry)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        if (heap.length === 0) nextSpan(end)
        const first = heap[0]
        if (first === undefined || first.at > end) break
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
