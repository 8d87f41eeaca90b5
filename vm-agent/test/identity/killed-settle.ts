import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { settleIdentity } from '@muster/vm-agent/identity/settle-identity.ts'

/** Looks whether a machine is a copy, in a process that is killed right after one step of that. */
const [, , root = '', stateDir = '', last = ''] = process.argv

await settleIdentity(
  {
    clock: systemClock,
    log: silentLog,
    onStep(step) {
      if (step === last) process.kill(process.pid, 'SIGKILL')
    },
  },
  { root, stateDir, signal: new AbortController().signal },
)
