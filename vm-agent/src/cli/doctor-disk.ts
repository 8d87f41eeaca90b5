import { statfs } from 'node:fs/promises'
import type { DoctorCheck } from './doctor-check.ts'

const MIB = 1024 * 1024
/** Below this an apply with its journal may not fit. */
const LITTLE_MIB = 100

/** Free space where the machine lives. */
export const diskCheck: DoctorCheck = {
  name: 'disk',
  async run({ root }) {
    const { bavail, bsize, ffree, files } = await statfs(root)
    const freeMiB = Math.floor((bavail * bsize) / MIB)
    const hint = 'Free some space: an apply keeps what it replaces until the next one.'
    if (files > 0 && ffree === 0) return { status: 'fail', message: `no more files fit on ${root}`, hint }
    if (freeMiB >= LITTLE_MIB) return { status: 'ok', message: `${freeMiB} MiB free on ${root}` }
    return { status: freeMiB === 0 ? 'fail' : 'warn', message: `${freeMiB} MiB free on ${root}`, hint }
  },
}
