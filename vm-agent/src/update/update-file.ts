import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { CheckEnd, UpdateState } from './next.ts'

/** Name of the file in the runtime directory by which `status` and `update` learn where the agent stands. */
export const UPDATE_FILE = 'update.json'
const MAX_BYTES = 64 * 1024

const Text = Type.String({ maxLength: 2_000 })
const Stored = Type.Object({
  version: Type.Literal(1),
  pid: Type.Integer(),
  /** Of the running program, and where the launcher took it from. */
  running: Text,
  runs: Text,
  phase: Text,
  channel: Text,
  /** The version that the phase is about. */
  offered: Type.Union([Text, Type.Null()]),
  words: Text,
  hint: Type.Union([Text, Type.Null()]),
  /** How the last check has ended: `current`, `offered`, `refused`, `failed`; null before the first one. */
  end: Type.Union([Text, Type.Null()]),
  checkedAt: Type.Union([Text, Type.Null()]),
  /** The request that was answered last. */
  answered: Type.Union([Text, Type.Null()]),
})

/** Where a running agent stands with updates. */
export type UpdateStatus = Static<typeof Stored>

/** What the agent with this process id says; undefined when it says nothing. */
export function readUpdateStatus(runtimeDirectory: string, pid: number): UpdateStatus | undefined {
  try {
    const text = readFileSync(join(runtimeDirectory, UPDATE_FILE), 'utf8')
    const stored: unknown = text.length > MAX_BYTES ? undefined : JSON.parse(text)
    return Value.Check(Stored, stored) && stored.pid === pid ? stored : undefined
  } catch {
    return undefined
  }
}

/** What is written for a state. */
export function updateStatusOf(
  state: UpdateState,
  facts: Pick<UpdateStatus, 'pid' | 'running' | 'runs' | 'channel' | 'checkedAt' | 'answered'>,
): UpdateStatus {
  const last = state.phase === 'idle' ? state.last : undefined
  return {
    version: 1,
    ...facts,
    phase: state.phase,
    offered: offeredBy(state) ?? null,
    words: updateWords(state).slice(0, 2_000),
    hint: last?.end === 'failed' ? (last.hint ?? null) : null,
    end: last?.end ?? null,
  }
}

/** Where the agent stands, in words. */
export function updateWords(state: UpdateState): string {
  switch (state.phase) {
    case 'idle':
      return state.last === undefined ? 'not looked yet' : endWords(state.last)
    case 'checking':
      return 'looking for a new version'
    case 'fetching':
      return `fetching ${state.offer.release.version}`
    case 'testing':
      return `trying out ${state.offer.release.version}`
    case 'waiting':
      return `${state.offer.release.version} is installed, and starts as soon as nothing is under way`
    case 'beginning':
    case 'restarting':
      return 'starting again with another version'
    case 'trial':
    case 'confirming':
      return `${state.trial.version} is on trial`
    case 'taking-back':
      return `${state.trial.version} is taken back: ${state.why}`
  }
}

function endWords(last: CheckEnd): string {
  switch (last.end) {
    case 'current':
      return `${last.version} is what the channel offers`
    case 'offered':
      return `${last.version} is offered; ${last.why}`
    case 'refused':
      return `${last.version} is offered and not taken: ${last.why}`
    case 'failed':
      return last.why
  }
}

function offeredBy(state: UpdateState): string | undefined {
  if ('offer' in state) return state.offer.release.version
  if ('trial' in state) return state.trial.version
  if (state.phase === 'idle')
    return state.last !== undefined && 'version' in state.last ? state.last.version : undefined
  return state.phase === 'restarting' ? state.version : undefined
}
