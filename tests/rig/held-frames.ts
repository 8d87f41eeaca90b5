/** Frames on their way, each with the time when it arrives. */
export interface HeldFrames<T> {
  /** @param at - when it is due, in milliseconds of some clock @returns false when there is no room: the frame is lost */
  hold(frame: T, at: number): boolean
  /** Takes out what is due by then: the earliest first, and of those due at once the one held first. */
  takeDue(now: number): readonly T[]
  /** When the next one is due; undefined when none is held. */
  nextAt(): number | undefined
}

/** @param options.capacity - frames held at most, 1 or more */
export function createHeldFrames<T>(options: { readonly capacity: number }): HeldFrames<T> {
  const held: { readonly frame: T; readonly at: number }[] = []
  /** How many are due by then. */
  const countDue = (now: number) => {
    let [from, to] = [0, held.length]
    while (from < to) {
      const middle = (from + to) >> 1
      const at = held[middle]?.at ?? Number.POSITIVE_INFINITY
      if (at <= now) from = middle + 1
      else to = middle
    }
    return from
  }
  return {
    hold(frame, at) {
      if (held.length >= options.capacity) return false
      held.splice(countDue(at), 0, { frame, at })
      return true
    },
    takeDue: (now) => held.splice(0, countDue(now)).map(({ frame }) => frame),
    nextAt: () => held[0]?.at,
  }
}
