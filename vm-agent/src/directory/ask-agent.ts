import { join } from 'node:path'
import { readHolder } from '../apply/state-lock.ts'
import { systemCode } from '../identity/agent-error.ts'
import { RUN_LOCK } from '../service/run-lock.ts'
import { ControlError } from './control-error.ts'
import {
  type ControlMessage,
  type ControlRequest,
  decodeMessage,
  encodeControl,
  MAX_MESSAGE_BYTES,
} from './control-messages.ts'
import { connectToControlSocket } from './control-socket.ts'
import { readLines } from './lines.ts'

/** Where the agent of a machine is asked. */
export interface AgentPlace {
  readonly runtimeDirectory: string
  readonly stateDirectory: string
}

type Answered<A extends ControlRequest['ask']> = Extract<ControlMessage, { type: A }>

/**
 * Asks the agent of this machine; gives one message, or one after the other when the request follows.
 *
 * @throws {ControlError} see its codes; the signal's reason when aborted
 */
export async function* askAgent<A extends ControlRequest['ask']>(
  place: AgentPlace,
  request: ControlRequest & { readonly ask: A },
  signal: AbortSignal,
): AsyncGenerator<Answered<A>, void, undefined> {
  const socket = await connect(place, signal)
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  let isAnswered = false
  try {
    socket.write(encodeControl(request))
    for await (const line of readLines(socket, MAX_MESSAGE_BYTES)) {
      yield answerOf(line, request.ask)
      isAnswered = true
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof ControlError ? error : notUnderstood('it ended in the middle of an answer', error)
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
  signal.throwIfAborted()
  if (request.follow !== 'no' && isAnswered) {
    throw new ControlError('no-agent', 'the agent has ended', { hint: 'Ask again when it runs.' })
  }
  if (!isAnswered) throw notUnderstood('it ended at once')
}

async function connect({ runtimeDirectory, stateDirectory }: AgentPlace, signal: AbortSignal) {
  try {
    return await connectToControlSocket(runtimeDirectory, signal)
  } catch (cause) {
    signal.throwIfAborted()
    if (systemCode(cause) === 'EACCES' || systemCode(cause) === 'EPERM') {
      const hint = 'Run it as the user of the agent, which is root on most machines.'
      throw new ControlError('not-permitted', 'the agent of this machine answers its own user only', { cause, hint })
    }
    const pid = (await readHolder(join(stateDirectory, RUN_LOCK)))?.pid
    if (pid === undefined) {
      const hint = 'Start it: systemctl start muster-agent, or muster-agent run. Name its tree with --root.'
      throw new ControlError('no-agent', 'no agent runs on this machine', { cause, hint })
    }
    throw new ControlError('no-cluster', `the agent (process ${pid}) takes part in no cluster`, {
      cause,
      hint: 'A machine joins by the [muster] section of its user-data or context, or by /etc/muster/join.conf.',
    })
  }
}

function answerOf<A extends ControlRequest['ask']>(line: string, ask: A): Answered<A> {
  const message = decodeMessage(line)
  if (message === undefined) throw notUnderstood('it speaks another version')
  if (message.type === 'refused') throw refused(message.code, message.message)
  if (!isAnswerTo(message, ask)) throw notUnderstood('it answers something else')
  return message
}

function isAnswerTo<A extends ControlRequest['ask']>(message: ControlMessage, ask: A): message is Answered<A> {
  return message.type === ask
}

function refused(code: string, message: string): ControlError {
  if (code === 'busy') return new ControlError('busy', message, { hint: 'Try again in a moment.' })
  return notUnderstood(message)
}

function notUnderstood(why: string, cause?: unknown): ControlError {
  return new ControlError('not-understood', `the agent does not answer: ${why}`, {
    cause,
    hint: 'Look at its log (journalctl -u muster-agent); after an upgrade, restart it.',
  })
}
