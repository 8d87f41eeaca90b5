import type { Answer } from './resolve.ts'

/** What changed in the answers for one service; ages alone are no change. */
export interface AnswerDifference {
  readonly service: string
  readonly added: readonly Answer[]
  readonly removed: readonly Answer[]
  /** Same owner, other address, ports or state. */
  readonly changed: readonly Answer[]
  /** The first answer, the one that programs use, is another or at another place. */
  readonly isFirstChanged: boolean
  /** The answers as they are now, best first. */
  readonly answers: readonly Answer[]
}

/** The difference between two looks at one service; undefined when a watcher has nothing to learn. */
export function diffAnswers(
  service: string,
  before: readonly Answer[],
  after: readonly Answer[],
): AnswerDifference | undefined {
  const old = new Map(before.map((answer) => [answer.owner, answer]))
  const now = new Set(after.map(({ owner }) => owner))
  const added = after.filter(({ owner }) => !old.has(owner))
  const removed = before.filter(({ owner }) => !now.has(owner))
  const changed = after.filter((answer) => {
    const known = old.get(answer.owner)
    return known !== undefined && !sameAnswer(known, answer)
  })
  const isReordered = after.some(({ owner }, index) => before[index]?.owner !== owner)
  if (added.length + removed.length + changed.length === 0 && !isReordered) return undefined
  const isFirstChanged = placeOf(before[0]) !== placeOf(after[0])
  return { service, added, removed, changed, isFirstChanged, answers: after }
}

function sameAnswer(left: Answer, right: Answer): boolean {
  return (
    placeOf(left) === placeOf(right) &&
    left.status === right.status &&
    left.health === right.health &&
    left.isDemoted === right.isDemoted &&
    left.cloud === right.cloud
  )
}

function placeOf(answer: Answer | undefined): string {
  if (answer === undefined) return ''
  return JSON.stringify([answer.address, answer.ports.map(({ name, port }) => [name, port])])
}
