import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** The control socket of a QEMU process. It ends with that process. */
export interface Qmp {
  /** Runs a command and waits for its answer. @throws when QEMU refuses it */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<void>
}

interface Answer {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

/** Connects to a socket of QEMU. @see https://www.qemu.org/docs/master/interop/qmp-spec.html */
export async function openQmp(path: string): Promise<Qmp> {
  const socket = connect(path)
  await once(socket, 'connect')
  const waiting: ((answer: Answer) => void)[] = []
  createInterface({ input: socket }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer
    if ('return' in answer || 'error' in answer) waiting.shift()?.(answer)
  })
  // Cut off when the machine is; whoever waited then gets the answer that it is gone.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    for (const answer of waiting.splice(0)) answer({ error: { desc: 'the machine is off' } })
  })
  const execute = async (command: string, args: Readonly<Record<string, unknown>> = {}) => {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    waiting.push(resolve)
    socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
    const { error } = await promise
    if (error !== undefined) throw new Error(`QEMU refused ${command}: ${error.desc}`)
  }
  await execute('qmp_capabilities')
  return { execute }
}
