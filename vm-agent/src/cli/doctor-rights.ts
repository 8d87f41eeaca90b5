import type { DoctorCheck } from './doctor-check.ts'

/** Whether the agent may change the machine. */
export const rightsCheck: DoctorCheck = {
  name: 'rights',
  async run({ root }) {
    if (process.geteuid?.() === 0) return { status: 'ok', message: 'runs as root' }
    const message = `runs as user ${process.geteuid?.() ?? 'unknown'}`
    if (root === '/') return { status: 'fail', message, hint: 'Run as root to configure the running system.' }
    return { status: 'warn', message, hint: 'Owners are not set and scripts are not run in a tree without root.' }
  },
}
