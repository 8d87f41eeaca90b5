import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, type ProgramOptions, type RunningProgram, runMuster, startMuster } from '../program.ts'

/** A person's command line: `bin/muster` with a configuration folder and a folder for files of its own. */
export interface CommandLine extends Disposable {
  readonly folder: string
  readonly credentialsFile: string
  run(args: readonly string[], options?: ProgramOptions): Promise<Ended>
  start(args: readonly string[], options?: ProgramOptions): RunningProgram
  /** Writes a file into the folder; gives its path. */
  file(name: string, content: string | Uint8Array): string
  /** Content and permission bits of the stored sign-ins; undefined when there are none. */
  credentials(): { readonly text: string; readonly mode: number } | undefined
}

/** A command line that knows this coordinator, if any, and nothing else. */
export function createCommandLine(server?: string): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'muster-cli-'))
  const credentialsFile = join(folder, 'config', 'muster', 'credentials.json')
  const withEnvironment = (options: ProgramOptions = {}): ProgramOptions => ({
    ...options,
    env: { XDG_CONFIG_HOME: join(folder, 'config'), MUSTER_SERVER: server ?? '', MUSTER_TOKEN: '', ...options.env },
  })
  return {
    folder,
    credentialsFile,
    run: (args, options) => runMuster('muster', args, withEnvironment(options)),
    start: (args, options) => startMuster('muster', args, withEnvironment(options)),
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    credentials() {
      if (!existsSync(credentialsFile)) return undefined
      return { text: readFileSync(credentialsFile, 'utf8'), mode: statSync(credentialsFile).mode & 0o777 }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
