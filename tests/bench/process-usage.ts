import { readFileSync } from 'node:fs'

/** What a process has of the machine. */
export interface ProcessUsage {
  /** User and system time so far, without its children's. */
  readonly cpuMs: number
  readonly rssMiB: number
  /** Shared pages divided among those who share them. */
  readonly pssMiB: number
}

/** Clock ticks of the kernel's user interface; the same on all Linux machines of today. */
const TICK_MS = 10

/** @throws when there is no such process */
export function processUsage(pid: number): ProcessUsage {
  // The name, in parentheses, may hold anything: fields are counted behind it.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    rssMiB: kibibytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') / 1024,
    pssMiB: kibibytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') / 1024,
  }
}

function kibibytes(text: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN)
}
