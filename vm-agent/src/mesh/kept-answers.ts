import { join } from 'node:path'
import type { PlaceholderSource } from '@muster/contexts/plan/placeholders.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { readStateText, writeStateText } from '../apply/state-text.ts'
import { readJoinFile } from './join-file.ts'

type ClusterAnswers = Extract<PlaceholderSource, { kind: 'cluster' }>

const Stored = Type.Object({
  version: Type.Literal(1),
  values: Type.Record(Type.String(), Type.String()),
  known: Type.Array(Type.String()),
})
const NOTHING_YET: ClusterAnswers = { kind: 'cluster', values: new Map(), known: [] }

function pathIn(stateDirectory: string): string {
  return join(stateDirectory, 'mesh', 'answers.json')
}

/**
 * What the cluster of this machine has told last, for commands beside the agent; they may be older than the agent's own.
 *
 * @throws {ApplyError} not-permitted - the state directory is closed to this user
 */
export async function readKeptAnswers(place: {
  readonly root: string
  readonly stateDirectory: string
}): Promise<PlaceholderSource> {
  const file = await readJoinFile(place.root)
  if (file.kind !== 'join') return { kind: 'no-cluster' }
  const text = await readStateText(pathIn(place.stateDirectory))
  if (text === null) return NOTHING_YET
  const stored = parsed(text)
  if (!Value.Check(Stored, stored)) return NOTHING_YET
  return { kind: 'cluster', values: new Map(Object.entries(stored.values)), known: stored.known }
}

/** Keeps them. @throws {ApplyError} */
export async function writeKeptAnswers(stateDirectory: string, answers: ClusterAnswers): Promise<void> {
  const stored = { version: 1, values: Object.fromEntries(answers.values), known: answers.known }
  await writeStateText(pathIn(stateDirectory), `${JSON.stringify(stored)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
