import type { Hello } from '../network/network-host.ts'

/** Where two nodes stand in one cluster, on one connection. */
export interface Standing {
  /** What this node has shown last. */
  readonly shown: Hello | undefined
  /** What the other one said to it; `none` as long as it has not. */
  readonly verdict: 'none' | 'welcome' | 'refused' | 'unknown'
  /** What the other one has shown last. */
  readonly heard: Hello | undefined
  /** What this node thinks of it; undefined as long as it has shown nothing. */
  readonly isAdmitted: boolean | undefined
}

/** Nothing was said yet. */
export const NO_STANDING: Standing = { shown: undefined, verdict: 'none', heard: undefined, isAdmitted: undefined }

/** `standing` both admit each other · `refused` one does not, or has left · `pending` not all was said yet */
export type Outcome = 'pending' | 'standing' | 'refused'

/** What has come of it so far. */
export function outcomeOf({ verdict, isAdmitted }: Standing): Outcome {
  if (isAdmitted === false || verdict === 'refused' || verdict === 'unknown') return 'refused'
  return isAdmitted === true && verdict === 'welcome' ? 'standing' : 'pending'
}

/** A welcome holds while a newer certificate is looked at. */
export function shownNow(standing: Standing, hello: Hello): Standing {
  return { ...standing, shown: hello, verdict: standing.verdict === 'welcome' ? 'welcome' : 'none' }
}

/** Whether two hellos show the same. */
export function isSameHello(left: Hello | undefined, right: Hello | undefined): boolean {
  return left?.certificate === right?.certificate && left?.definitionVersion === right?.definitionVersion
}
