import { join } from 'node:path'
import { type RunningProgram, startProgram } from '../program.ts'
import { WorldError } from '../world-error.ts'

/** The service of a machine, as a process of its own. */
export interface WebServer extends RunningProgram {
  /** Resolves when it listens; rejects when it has ended before. */
  readonly listens: Promise<void>
}

/** Starts it. */
export function startWeb(options: {
  readonly name: string
  readonly address: string
  readonly port: number
}): WebServer {
  const { name, address, port } = options
  const first = Promise.withResolvers<void>()
  const errors: string[] = []
  const program = startProgram({
    name: `server of ${name}`,
    program: process.execPath,
    args: [join(import.meta.dirname, 'web-server.ts'), address, String(port), name],
    onOutput: () => first.resolve(),
    onError: (line) => void (errors.length < 20 && errors.push(line)),
  })
  const refuse = () => {
    throw new WorldError('machine-failed', `The server of ${name} has ended:\n${errors.join('\n')}`)
  }
  const listens = Promise.race([first.promise, program.ended.then(refuse)])
  listens.catch(() => undefined)
  return { ...program, listens }
}

/** The name that the server behind a URL gives, on one line; undefined when none answers. */
export async function askWeb(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) })
    return response.ok ? (await response.text()).trim() : undefined
  } catch {
    return undefined
  }
}
