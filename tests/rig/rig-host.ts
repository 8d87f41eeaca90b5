import type { ProgramOptions, RunningProgram } from '../program.ts'

/** Where programs of a rig run: a host of a lab, or an address of loopback. */
export interface RigHost {
  readonly name: string
  readonly cloud: string
  readonly address: string
  /** Its network is not that of this process. */
  readonly isApart: boolean
  /** Starts a program on it; its process id is that of the program itself. */
  start(program: string, args: readonly string[], options?: ProgramOptions): RunningProgram
}
