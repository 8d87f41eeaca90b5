import { execFile } from 'node:child_process'

/** Runs a program of the system; rejects when it fails. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<void>

const LIMIT_MS = 360_000

/** Runs programs of this machine, with the search path of root. */
export const runProgram: RunProgram = (program, args) =>
  new Promise((resolve, reject) => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
    execFile(program, [...args], { env, timeout: LIMIT_MS }, (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new Error(stderr.trim() || error.message)),
    )
  })
