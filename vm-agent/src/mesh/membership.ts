import type { JoinSettings } from '@muster/contexts/cluster/join-section.ts'
import { CodedError } from '@muster/contexts/fault.ts'
import type { PlaceholderSource } from '@muster/contexts/plan/placeholders.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { backoffMs } from '@muster/runtime/retry.ts'
import type { Service } from '@muster/runtime/service.ts'
import { createBell } from '../pairing/bell.ts'
import { clusterAnswers } from './cluster-answers.ts'
import { type JoinFile, readJoinFile } from './join-file.ts'
import { joinFileChange } from './join-file-change.ts'
import { type MeshSession, type OpenMeshSession, runMeshSession } from './mesh-session.ts'
import { type MeshView, meshViewOf } from './mesh-view.ts'

type ClusterAnswers = Extract<PlaceholderSource, { kind: 'cluster' }>

/** What the membership of a machine stands on. */
export interface MembershipDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly root: string
  readonly open: OpenMeshSession
  /** Keeps what the cluster tells for the commands beside the agent. */
  readonly keepAnswers: (answers: ClusterAnswers) => Promise<void>
}

/** Whether and how this machine is in a cluster, while the agent runs. */
export interface Membership {
  readonly service: Service
  /** Undefined: there is nothing to join. */
  view(): MeshView | undefined
  /** What placeholders of a context are answered with now. */
  placeholders(): Promise<PlaceholderSource>
  /** The file may be another: after an apply, for example. */
  look(): void
  /** The view has changed. @returns stops */
  onChange(listener: () => void): () => void
  /** What placeholders are answered with has changed. @returns stops */
  onAnswers(listener: () => void): () => void
}

/** Changes of a mesh come in swarms; they are looked at so often at most. */
const GATHER_MS = 100
const TRY_AGAIN = { baseMs: 1_000, maxMs: 5 * 60_000 } as const

/**
 * Makes the machine a member as soon as there is a join file, and another one when it changes. Nothing that goes wrong in
 * it ends the agent: the view tells, and it is tried again, with growing waits and at each change of the file.
 */
export function createMembership(deps: MembershipDeps): Membership {
  const { clock, log } = deps
  const touched = createBell()
  const listeners = { change: new Set<() => void>(), answers: new Set<() => void>() }
  /** While no session runs. */
  let resting: MeshView | undefined
  let session: MeshSession | undefined
  let answers: ClusterAnswers | undefined
  let failures = 0

  const tell = (whom: keyof typeof listeners) => {
    for (const listener of listeners[whom]) listener()
  }
  const show = (view: MeshView | undefined) => {
    resting = view
    tell('change')
  }
  const listenTo = (whom: keyof typeof listeners) => (listener: () => void) => {
    listeners[whom].add(listener)
    return () => void listeners[whom].delete(listener)
  }
  const note = async (current: MeshSession) => {
    const now = clusterAnswers(current.mesh, current.userAddress())
    if (current.mesh.phase().phase === 'member') failures = 0
    tell('change')
    if (answers !== undefined && isSame(answers, now)) return
    answers = now
    tell('answers')
    await deps.keepAnswers(now).catch((error: unknown) => {
      log.warn({ error }, 'what the cluster tells could not be kept for commands beside the agent')
    })
  }
  const forget = () => {
    if (answers === undefined) return
    answers = undefined
    tell('answers')
  }
  const fail = (error: unknown) => {
    const view = troubleOf(error)
    log.warn({ error, code: view.code, failures }, 'the mesh of the cluster cannot be used; it is tried again')
    failures += 1
    show(view)
  }

  async function join(settings: JoinSettings, signal: AbortSignal): Promise<void> {
    try {
      show({ phase: 'starting', cluster: settings.cluster })
      const opened = await deps.open(settings)
      session = opened
      log.info({ cluster: settings.cluster, peer: opened.mesh.self }, 'the machine takes part in the mesh of a cluster')
      await runMeshSession(deps, opened, [createNoteService(clock, opened.mesh, () => note(opened))], signal)
    } finally {
      session = undefined
      tell('change')
    }
  }

  /** One look at the file, and what comes of it, until it is another. */
  async function turn(signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const file = await readJoinFile(deps.root)
    const change = joinFileChange({ root: deps.root, clock, touched }, file, either)
    try {
      if (file.kind === 'join') await takePart(file.settings, change, either)
      else {
        show(file.kind === 'absent' ? undefined : badFile(file))
        forget()
        await change
      }
    } finally {
      over.abort()
      await change
    }
  }

  async function takePart(settings: JoinSettings, change: Promise<void>, signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    let isFailed = false
    const running = join(settings, AbortSignal.any([signal, stop.signal])).catch((error: unknown) => {
      if (signal.aborted || stop.signal.aborted) return
      isFailed = true
      fail(error)
    })
    await Promise.race([running, change])
    stop.abort()
    await running
    if (!isFailed) return
    const again = clock.sleep(backoffMs(failures - 1, TRY_AGAIN, deps.random), signal).catch(() => undefined)
    await Promise.race([change, again])
  }

  return {
    view: () => (session === undefined ? resting : meshViewOf(session.mesh)),
    placeholders: async () => placeholdersOf(deps.root, answers),
    look: () => touched.ring(),
    onChange: listenTo('change'),
    onAnswers: listenTo('answers'),
    service: {
      name: 'membership',
      async run({ signal, ready }) {
        ready()
        while (!signal.aborted) {
          await turn(signal)
        }
      },
    },
  }
}

/** Calls `note` at once and after changes of the mesh, many changes together. */
function createNoteService(clock: Clock, mesh: Mesh, note: () => Promise<void>): Service {
  return {
    name: 'answers of the cluster',
    async run({ signal, ready }) {
      const bell = createBell()
      let isNews = true
      const stop = mesh.onChange(() => {
        isNews = true
        bell.ring()
      })
      ready()
      try {
        while (!signal.aborted) {
          if (!isNews) await bell.rung(signal)
          await clock.sleep(GATHER_MS, signal)
          isNews = false
          await note()
        }
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        stop()
      }
    },
  }
}

async function placeholdersOf(root: string, answers: ClusterAnswers | undefined): Promise<PlaceholderSource> {
  if (answers !== undefined) return answers
  // A machine that is to join waits for its cluster; one that is not never will be told.
  const { kind } = await readJoinFile(root)
  return kind === 'absent' ? { kind: 'no-cluster' } : { kind: 'cluster', values: new Map(), known: [] }
}

function badFile({ message, hint }: Extract<JoinFile, { kind: 'bad' }>): MeshView {
  return { phase: 'trouble', code: 'bad-join-file', message, hint }
}

function troubleOf(error: unknown): Extract<MeshView, { phase: 'trouble' }> {
  if (error instanceof CodedError) {
    const { code, message, hint } = error
    return { phase: 'trouble', code: `${code}`, message, hint }
  }
  const message = error instanceof Error ? error.message : 'the mesh ended in an unexpected way'
  return { phase: 'trouble', code: 'internal', message, hint: 'Look at the log of the agent.' }
}

function isSame(left: ClusterAnswers, right: ClusterAnswers): boolean {
  const textOf = ({ values, known }: ClusterAnswers) => JSON.stringify([[...values].sort(), known])
  return textOf(left) === textOf(right)
}
