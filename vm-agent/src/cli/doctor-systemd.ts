import { stat } from 'node:fs/promises'
import type { DoctorCheck } from './doctor-check.ts'

/** Whether services can be started. */
export const systemdCheck: DoctorCheck = {
  name: 'systemd',
  async run({ root }) {
    if (root !== '/') return { status: 'ok', message: 'not needed below --root: services are enabled by their links' }
    const isRunning = await stat('/run/systemd/system').then(
      (stats) => stats.isDirectory(),
      () => false,
    )
    if (isRunning) return { status: 'ok', message: 'runs' }
    const hint = 'Services are enabled, but started only at the next start of a system with systemd.'
    return { status: 'warn', message: 'does not run here', hint }
  },
}
