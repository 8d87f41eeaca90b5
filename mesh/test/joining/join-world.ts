import { Secret } from '@muster/contexts/secret.ts'
import type { Log } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock, type VirtualClock } from '@muster/runtime/virtual-clock.ts'
import { onTestFinished } from 'vitest'
import type { Trust } from '../../src/admission/definition.ts'
import type { Identity } from '../../src/admission/identity.ts'
import { createJoining } from '../../src/joining/create-joining.ts'
import type { Joining, JoiningPhase } from '../../src/joining/joining.ts'
import type { MeshKeeping } from '../../src/keeping/mesh-keeping.ts'
import { openMeshKeeping } from '../../src/keeping/open-keeping.ts'
import { createMemoryStreams, type MemoryStreams } from '../../src/network/memory-streams.ts'
import { agentA, CLUSTER, coordinator, identityOf, START } from '../admission/cluster.ts'
import { newFolder } from '../keeping/folder.ts'
import { createTestIssuer, type TestIssuer, type TestIssuerParts } from './test-issuer.ts'

export const HOUR = 60 * 60_000
export const TRUST: Trust = { cluster: CLUSTER, coordinator: coordinator.peer }
export const NO_TOKEN = new Secret('x'.repeat(43))

/** Lines of a log: level, cause and message. */
export interface Lines {
  readonly lines: string[]
  readonly log: Log
}

/** A log that can be read. */
export function listening(): Lines {
  const lines: string[] = []
  const note = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push([level, fields['cause'], message].filter((part) => part !== undefined).join(' '))
  const log: Log = {
    debug: () => undefined,
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => log,
  }
  return { lines, log }
}

/** A network with an issuer of cloud a. */
export interface JoinWorld {
  readonly clock: VirtualClock
  readonly network: MemoryStreams
  readonly agent: TestIssuer
  readonly heard: Lines
}

export async function createJoinWorld(changes: Partial<TestIssuerParts> = {}): Promise<JoinWorld> {
  const clock = createVirtualClock(START)
  const network = createMemoryStreams(clock)
  const heard = listening()
  const streams = network.start(agentA.peer)
  const agent = await createTestIssuer({ clock, streams, log: heard.log, ...changes })
  return { clock, network, agent, heard }
}

/** A machine that joins. */
export interface Machine {
  readonly joining: Joining
  readonly keeping: MeshKeeping
  readonly phases: JoiningPhase[]
  readonly heard: Lines
  /** Ends its process; its folder stays. */
  stop(): Promise<void>
}

/** What a test may choose of a machine. */
export interface MachineOptions {
  readonly identity?: Identity
  readonly folder?: string
  readonly token?: Secret
  readonly trust?: Trust
  readonly issuer?: Identity
  readonly instance?: string
  readonly keeping?: (keeping: MeshKeeping) => MeshKeeping
  /** How far its clock is ahead. */
  readonly skewMs?: number
}

/** Starts a machine; its own clock runs with that of the world. */
export async function startMachine(world: JoinWorld, options: MachineOptions = {}): Promise<Machine> {
  const { identity = identityOf(20), skewMs = 0, issuer = agentA } = options
  const heard = listening()
  const clock = { ...world.clock, now: () => world.clock.now() + skewMs }
  const random = createSeededRandom(5)
  const opened = await openMeshKeeping(options.folder ?? newFolder(), { clock, random, log: heard.log })
  const keeping = options.keeping?.(opened) ?? opened
  if (options.token !== undefined) await opened.keepToken(options.token)
  const joining = await createJoining({
    clock,
    random,
    log: heard.log,
    identity,
    trust: options.trust ?? TRUST,
    streams: world.network.start(identity.peer),
    keeping,
    issuer: { peer: issuer.peer, addresses: ['/ip4/127.0.0.1/tcp/4001'] },
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.instance === undefined ? {} : { instance: options.instance }),
  })
  const phases: JoiningPhase[] = [joining.phase()]
  joining.onChange(() => void phases.push(joining.phase()))
  const stopping = new AbortController()
  const running = joining.service.run({ signal: stopping.signal, ready: () => undefined })
  const stop = async () => {
    stopping.abort()
    world.network.stop(identity.peer)
    await running
  }
  onTestFinished(stop)
  return { joining, keeping, phases, heard, stop }
}

/** Longest piece of time, well below the deadline of a conversation. */
const PIECE_MS = 10_000
/** Turns of the event loop after which a conversation is taken to wait for time to pass. */
const PATIENCE_TURNS = 20_000

/** Lets time pass; it stands still while conversations are under way, as these wait for signatures, not for time. */
export async function pass(world: JoinWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= PIECE_MS) {
    await world.clock.advance(Math.min(left, PIECE_MS))
    for (let turn = 0; world.network.open() > 0 && turn < PATIENCE_TURNS; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Resolves when the machine is as told; the limit is that of the test. */
export function reached(machine: Machine, isThere: (joining: Joining) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isThere(machine.joining)) return
      stopListening()
      resolve()
    }
    const stopListening = machine.joining.onChange(look)
    look()
  })
}

/** For `reached`. */
export const isMember = (joining: Joining) => joining.phase().phase === 'member'
export const isRefused = (joining: Joining) => joining.phase().phase === 'refused'
export const isInTrouble = (joining: Joining) => joining.phase().trouble !== undefined
