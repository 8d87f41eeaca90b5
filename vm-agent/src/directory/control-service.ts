import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Mesh, TraceEntry } from '@muster/mesh/node/mesh.ts'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { retry } from '@muster/runtime/retry.ts'
import type { Service } from '@muster/runtime/service.ts'
import { systemCode } from '../identity/agent-error.ts'
import { type Bell, createBell } from '../pairing/bell.ts'
import {
  CONTROL_VERSION,
  type ControlMessage,
  type ControlRequest,
  decodeRequest,
  encodeControl,
  MAX_REQUEST_BYTES,
  type MembersMessage,
  type ServicesMessage,
} from './control-messages.ts'
import { listenAtControlSocket } from './control-socket.ts'
import { membersMessage, servicesMessage, traceMessage, withoutAges } from './control-view.ts'
import { readFirstLine } from './lines.ts'
import { prepareRuntimeDirectory } from './runtime-directory.ts'

/** Clients at once; the next one is told to come again. */
const MAX_CLIENTS = 64
/** A client asks at once. */
const REQUEST_LIMIT_MS = 5_000
/** Between two messages of one client, however much happens. */
const SHORTEST_GAP_MS = 200
/** So often ages are sent to who wants them. */
const AGES_EVERY_MS = 5_000
/** A client that does not read what it has asked for is let go. */
const READ_LIMIT_MS = 30_000
/** Entries that wait for a slow reader; then the oldest are lost to it. */
const MAX_WAITING_ENTRIES = 1_000
const LISTEN_AGAIN = { baseMs: 1_000, maxMs: 60_000 }

/** What the control socket tells about, and where it is. */
export interface ControlParts {
  readonly mesh: Mesh
  readonly runtimeDirectory: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Answers the commands of this machine at a socket that only the agent's user may use: services, members and trace, once
 * or on and on. A socket that cannot be made is tried again and told once: the agent goes on without.
 */
export function createControlService(parts: ControlParts): Service {
  const { runtimeDirectory, clock, random, log } = parts
  return {
    name: 'directory-control',
    async run({ signal, ready }) {
      const clients = new Set<Socket>()
      let isTold = false
      const opened = await retry(() => open(parts, clients), {
        attempts: Number.POSITIVE_INFINITY,
        ...LISTEN_AGAIN,
        clock,
        random,
        signal,
        onRetry(error) {
          ready()
          const code = systemCode(error)
          if (!isTold) log.warn({ code, error }, `no control socket can be made in ${runtimeDirectory}`)
          isTold = true
        },
      })
      ready()
      if (!signal.aborted) await once(signal, 'abort')
      for (const socket of clients) socket.destroy()
      opened.server.close()
      await once(opened.server, 'close')
      opened.remove()
    },
  }
}

async function open(parts: ControlParts, clients: Set<Socket>) {
  const server = createServer({ allowHalfOpen: true }, (socket) => void serve(parts, clients, socket))
  prepareRuntimeDirectory(parts.runtimeDirectory)
  return { server, remove: await listenAtControlSocket(server, parts.runtimeDirectory) }
}

/** One client to its end. Never rejects: a client that is gone or does not read is let go, with nobody to tell. */
async function serve(parts: ControlParts, clients: Set<Socket>, socket: Socket): Promise<void> {
  const gone = new AbortController()
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    clients.delete(socket)
    gone.abort(new DOMException('the client is gone', 'AbortError'))
  })
  const isBusy = clients.size >= MAX_CLIENTS
  clients.add(socket)
  try {
    const request = isBusy ? undefined : await readRequest(socket, parts.clock, gone.signal)
    if (isBusy) await send(parts, socket, refusal('busy', 'too many clients ask at once'), gone.signal)
    else if (request === undefined)
      await send(parts, socket, refusal('malformed', 'no request of version 1'), gone.signal)
    else {
      if (request.follow !== 'no') endWithClient(socket)
      await answer(parts, socket, request, gone.signal)
    }
    socket.destroySoon()
  } catch {
    socket.destroy()
  }
}

/** Who asks once may say that nothing more comes before it is answered; who follows and says so has gone. */
function endWithClient(socket: Socket): void {
  if (socket.readableEnded) socket.destroy()
  else socket.once('end', () => socket.destroy())
}

function refusal(code: string, message: string): ControlMessage {
  return { v: CONTROL_VERSION, type: 'refused', code, message }
}

async function readRequest(socket: Socket, clock: Clock, signal: AbortSignal): Promise<ControlRequest | undefined> {
  const deadline = timeoutSignal(clock, REQUEST_LIMIT_MS, signal)
  try {
    const line = await readFirstLine(socket, MAX_REQUEST_BYTES, deadline.signal)
    return line === undefined ? undefined : decodeRequest(line)
  } finally {
    deadline.cancel()
  }
}

/** Resolves when there is room for the next message. */
async function send(parts: ControlParts, socket: Socket, message: ControlMessage, signal: AbortSignal): Promise<void> {
  if (socket.write(encodeControl(message))) return
  const deadline = timeoutSignal(parts.clock, READ_LIMIT_MS, signal)
  try {
    await once(socket, 'drain', { signal: deadline.signal })
  } finally {
    deadline.cancel()
  }
}

function answer(parts: ControlParts, socket: Socket, request: ControlRequest, signal: AbortSignal): Promise<void> {
  const { mesh } = parts
  const tell = (message: ControlMessage) => send(parts, socket, message, signal)
  switch (request.ask) {
    case 'services':
      return tellState(parts, () => servicesMessage(mesh, request.service), request.follow, tell, signal)
    case 'members':
      return tellState(parts, () => membersMessage(mesh), request.follow, tell, signal)
    case 'trace':
      return tellTrace(parts, request.follow, tell, signal)
  }
}

type Tell = (message: ControlMessage) => Promise<void>
type Follow = ControlRequest['follow']

/** The state as it is, and again when it has changed. A slow reader misses states in between, and never the last. */
async function tellState(
  { mesh, clock }: ControlParts,
  look: () => ServicesMessage | MembersMessage,
  follow: Follow,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const change = listenForChange((ring) => mesh.onChange(ring))
  try {
    let told = ''
    for (;;) {
      const message = look()
      const text = withoutAges(message)
      if (follow === 'ages' || text !== told) await tell(message)
      told = text
      if (follow === 'no') return
      await change.wait(clock, follow === 'ages' ? AGES_EVERY_MS : undefined, signal)
      await clock.sleep(SHORTEST_GAP_MS, signal)
    }
  } finally {
    change.stop()
  }
}

/** What has happened, then what happens. */
async function tellTrace(
  { mesh, clock }: ControlParts,
  follow: Follow,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const waiting: TraceEntry[] = []
  const change = listenForChange((ring) =>
    mesh.onTrace((entry) => {
      waiting.push(entry)
      if (waiting.length > MAX_WAITING_ENTRIES) waiting.shift()
      ring()
    }),
  )
  try {
    await tell(traceMessage(mesh, mesh.trace()))
    while (follow !== 'no') {
      await change.wait(clock, undefined, signal)
      await tell(traceMessage(mesh, waiting.splice(0)))
    }
  } finally {
    change.stop()
  }
}

/** A change that comes while nobody waits is waiting for the next one who does. */
function listenForChange(subscribe: (ring: () => void) => () => void) {
  const bell: Bell = createBell()
  let hasChanged = false
  const stop = subscribe(() => {
    hasChanged = true
    bell.ring()
  })
  return {
    stop,
    /** @param limitMs - resolves after so long without a change as well */
    async wait(clock: Clock, limitMs: number | undefined, signal: AbortSignal): Promise<void> {
      const deadline = limitMs === undefined ? undefined : timeoutSignal(clock, limitMs, signal)
      try {
        if (!hasChanged) await bell.rung(deadline?.signal ?? signal)
      } catch (error) {
        if (deadline === undefined || signal.aborted) throw error
      } finally {
        deadline?.cancel()
        hasChanged = false
      }
    },
  }
}
