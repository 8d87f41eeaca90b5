import { join } from 'node:path'
import { ContextReference } from '@muster/contexts/wire/machines.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { readStateText, writeStateText } from './state-text.ts'

/** A context with placeholders that the machine has, or waits to have: kept so that it can be planned again. */
export interface StandingContext {
  readonly context: ContextReference
  readonly text: string
  readonly isStrict: boolean
  /** Values it was applied with, by name of the placeholder; undefined while it still waits for some. */
  readonly values: Readonly<Record<string, string>> | undefined
}

const Stored = Type.Object({
  version: Type.Literal(1),
  context: ContextReference,
  text: Type.String(),
  isStrict: Type.Boolean(),
  values: Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]),
})

function pathIn(stateDirectory: string): string {
  return join(stateDirectory, 'context.json')
}

/** The context that is to follow its cluster; undefined when there is none, or its record cannot be understood. */
export async function readStandingContext(stateDirectory: string): Promise<StandingContext | undefined> {
  const text = await readStateText(pathIn(stateDirectory))
  if (text === null) return undefined
  const stored = parsed(text)
  if (!Value.Check(Stored, stored)) return undefined
  const { version: _, values, ...rest } = stored
  return { ...rest, values: values ?? undefined }
}

/** Keeps it (0600: a context may hold secrets), or forgets the last one. @throws {ApplyError} */
export async function writeStandingContext(
  stateDirectory: string,
  standing: StandingContext | undefined,
): Promise<void> {
  if (standing === undefined && (await readStateText(pathIn(stateDirectory))) === null) return
  const stored = { version: 1, ...standing, values: standing?.values ?? null }
  await writeStateText(pathIn(stateDirectory), standing === undefined ? null : `${JSON.stringify(stored)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
