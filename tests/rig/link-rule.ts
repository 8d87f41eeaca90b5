import type { Random } from '@muster/runtime/random.ts'

/** What a link does to each frame that it carries; both directions do the same. Meant as netem of Linux means it. */
export interface LinkRule {
  /** One way, in milliseconds. */
  readonly delayMs: number
  /** The delay of a frame is anything within `delayMs ± jitterMs`, so frames overtake each other. At most `delayMs`. */
  readonly jitterMs: number
  /** Share of frames that do not arrive, 0 to 1. */
  readonly lossShare: number
  /** Share of frames that arrive twice, 0 to 1; each copy has a delay of its own. */
  readonly duplicateShare: number
  /** Share of frames that pass at once, ahead of those that wait, 0 to 1. */
  readonly reorderShare: number
}

/**
 * Delays of the copies of one frame, in milliseconds: none when it is lost, two when it is duplicated. A frame that is
 * both arrives once.
 */
export function delaysOf(rule: LinkRule, random: Pick<Random, 'fraction'>): readonly number[] {
  const isDuplicated = random.fraction() < rule.duplicateShare
  const isLost = random.fraction() < rule.lossShare
  const copies = 1 + Number(isDuplicated) - Number(isLost)
  return Array.from({ length: copies }, () => {
    const isAhead = random.fraction() < rule.reorderShare
    const delayMs = rule.delayMs + (2 * random.fraction() - 1) * rule.jitterMs
    return isAhead ? 0 : delayMs
  })
}

/** The rule as options of `tc qdisc … netem`. */
export function netemOptions(rule: LinkRule): string {
  const percent = (share: number) => `${Number((share * 100).toFixed(4))}%`
  const options = [`delay ${rule.delayMs}ms ${rule.jitterMs}ms`]
  if (rule.lossShare > 0) options.push(`loss ${percent(rule.lossShare)}`)
  if (rule.duplicateShare > 0) options.push(`duplicate ${percent(rule.duplicateShare)}`)
  // Without a delay nothing waits that could be overtaken, and netem refuses it.
  if (rule.reorderShare > 0 && rule.delayMs > 0) options.push(`reorder ${percent(rule.reorderShare)}`)
  return options.join(' ')
}
