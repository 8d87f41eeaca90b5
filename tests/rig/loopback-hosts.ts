import { type ProgramOptions, type RunningProgram, startProgram } from '../program.ts'
import type { RigHost } from './rig-host.ts'

/** Hosts where no namespaces can be made: each has an address of the loopback network, and nothing parts them. */
export interface LoopbackHosts {
  addHost(cloud: string, name: string): RigHost
  /** Stops what was started. */
  remove(): Promise<void>
}

/** Addresses from 127.78.0.2 on, which this process alone hands out. */
export function createLoopbackHosts(): LoopbackHosts {
  const programs: RunningProgram[] = []
  let count = 1
  return {
    addHost(cloud, name) {
      count += 1
      return {
        name,
        cloud,
        address: `127.78.0.${count}`,
        isApart: false,
        start(program: string, args: readonly string[], options?: ProgramOptions) {
          const running = startProgram(program, args, options)
          programs.push(running)
          return running
        },
      }
    },
    async remove() {
      await Promise.all(programs.map((program) => program.stop('SIGKILL')))
    },
  }
}
