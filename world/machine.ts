import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { makeMachineTree } from './machine-tree.ts'
import { type RunningProgram, startProgram } from './program.ts'

/** A machine of the world: an agent process with a root directory of its own. */
export interface RunningMachine extends RunningProgram {
  readonly root: string
  /** The PIN that the console shows, as soon as it shows one; rejects when the agent ends before. */
  readonly firstPin: Promise<string>
}

const PIN = /\b[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b/

/** Makes the root directory and starts `bin/muster-agent run` on it, passing on each line of its console; its log is a file. */
export async function startMachine(options: {
  readonly binFolder: string
  readonly folder: string
  readonly coordinatorUrl: string
  readonly onConsole: (line: string) => void
}): Promise<RunningMachine> {
  const root = join(options.folder, 'root')
  await makeMachineTree(root)
  const log = createWriteStream(join(options.folder, 'agent.log'), { mode: 0o600 })
  const pin = Promise.withResolvers<string>()
  pin.promise.catch(() => undefined)
  const target = ['--coordinator', options.coordinatorUrl, '--root', root]
  const program = startProgram({
    name: 'machine',
    program: join(options.binFolder, 'muster-agent'),
    args: ['run', ...target, '--console', 'stdout', '--console-mode', 'serial', '--log-format', 'human'],
    onOutput(line) {
      options.onConsole(line)
      const found = PIN.exec(line)
      if (found !== null) pin.resolve(found[0])
    },
    onError: (line) => log.write(`${line}\n`),
  })
  program.ended.then(
    (code) => pin.reject(new Error(`the agent ended with exit code ${code} before it showed a PIN`)),
    (cause: unknown) => pin.reject(cause),
  )
  void program.ended.finally(() => log.end()).catch(() => undefined)
  return { ...program, root, firstPin: pin.promise }
}
