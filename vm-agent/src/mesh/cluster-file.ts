import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Service } from '@muster/runtime/service.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { prepareRuntimeDirectory, writeRuntimeFile } from '../directory/runtime-directory.ts'
import { systemCode } from '../identity/agent-error.ts'
import { createBell } from '../pairing/bell.ts'
import { type MeshView, meshWords } from './mesh-view.ts'
import type { Standing } from './replan-service.ts'

/** Name of the file in the runtime directory by which `muster-agent status` learns where the agent stands. */
export const CLUSTER_FILE = 'cluster.json'
/** Written so often at most. */
const GATHER_MS = 250
/** A few lines; a larger file is not the agent's. */
const MAX_BYTES = 64 * 1024

const Text = Type.String({ maxLength: 2000 })
const Stored = Type.Object({
  version: Type.Literal(1),
  pid: Type.Integer(),
  phase: Text,
  cluster: Type.Union([Text, Type.Null()]),
  words: Text,
  hint: Type.Union([Text, Type.Null()]),
  members: Type.Union([Type.Integer(), Type.Null()]),
  context: Type.Union([Type.Object({ context: Text, waitingFor: Type.Array(Text) }), Type.Null()]),
})

/** Where a running agent stands with its cluster. */
export type ClusterStatus = Omit<Type.Static<typeof Stored>, 'version'>

/** What the file is written from. */
export interface ClusterFileParts {
  readonly clock: Clock
  readonly log: Log
  readonly runtimeDirectory: string
  readonly view: () => MeshView | undefined
  readonly standing: () => Standing | undefined
  /** @returns stops */
  readonly onChange: (listener: () => void) => () => void
}

/** Keeps the file as the agent is; on a machine that is in no cluster there is none. */
export function createClusterFileService(parts: ClusterFileParts): Service {
  const { clock, log, runtimeDirectory } = parts
  const path = join(runtimeDirectory, CLUSTER_FILE)
  let written = ''
  let isTold = false
  const bring = () => {
    const view = parts.view()
    const text = view === undefined ? '' : `${JSON.stringify(statusOf(view, parts.standing()))}\n`
    if (text === written) return
    try {
      if (text === '') rmSync(path, { force: true })
      else {
        prepareRuntimeDirectory(runtimeDirectory)
        writeRuntimeFile(path, text)
      }
      written = text
    } catch (error) {
      if (systemCode(error) === undefined) throw error
      if (!isTold) log.warn({ error, path }, 'the file for muster-agent status cannot be written')
      isTold = true
    }
  }
  return {
    name: 'cluster file',
    async run({ signal, ready }) {
      const bell = createBell()
      const stop = parts.onChange(() => bell.ring())
      ready()
      try {
        while (!signal.aborted) {
          const change = bell.rung(signal)
          bring()
          await change
          await clock.sleep(GATHER_MS, signal)
        }
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        stop()
        if (written !== '') rmSync(path, { force: true })
      }
    },
  }
}

/** What the agent with this process id says; undefined when it says nothing. */
export function readClusterStatus(runtimeDirectory: string, pid: number): ClusterStatus | undefined {
  try {
    const text = readFileSync(join(runtimeDirectory, CLUSTER_FILE), 'utf8')
    const stored: unknown = text.length > MAX_BYTES ? undefined : JSON.parse(text)
    if (!Value.Check(Stored, stored) || stored.pid !== pid) return undefined
    const { version: _, ...status } = stored
    return status
  } catch {
    return undefined
  }
}

function statusOf(view: MeshView, standing: Standing | undefined): Type.Static<typeof Stored> {
  return {
    version: 1,
    pid: process.pid,
    phase: view.phase,
    cluster: 'cluster' in view ? view.cluster : null,
    words: meshWords(view).slice(0, 2000),
    hint: 'hint' in view ? (view.hint ?? null) : null,
    members: view.phase === 'member' ? view.members : null,
    context: standing === undefined ? null : { context: standing.context, waitingFor: [...standing.waitingFor] },
  }
}
