import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { systemCodeOf } from '../apply/apply-error.ts'
import type { DoctorCheck, DoctorResult } from './doctor-check.ts'

/** Whether the state directory is there, ours, closed to others and writable. */
export const stateCheck: DoctorCheck = {
  name: 'state',
  async run({ stateDirectory }): Promise<DoctorResult> {
    try {
      const { mode, uid } = await stat(stateDirectory)
      const octal = (mode & 0o7777).toString(8).padStart(4, '0')
      if ((mode & 0o077) !== 0) {
        const hint = `Run chmod 700 ${stateDirectory}; the next apply does so as well.`
        return { status: 'warn', message: `${stateDirectory} is open to others (${octal})`, hint }
      }
      if (uid !== process.geteuid?.()) {
        const hint = 'Run as the user that it belongs to, or give another directory with --state.'
        return { status: 'fail', message: `${stateDirectory} belongs to user ${uid}`, hint }
      }
      await access(stateDirectory, constants.W_OK)
      return { status: 'ok', message: `${stateDirectory} (${octal})` }
    } catch (error) {
      const code = systemCodeOf(error)
      if (code === 'ENOENT') return { status: 'ok', message: `${stateDirectory} is made by the first apply` }
      const hint = 'Run as root, or give another directory with --state.'
      return { status: 'fail', message: `${stateDirectory} cannot be used (${code ?? 'error'})`, hint }
    }
  },
}
