import { join } from 'node:path'
import { SYSTEM_PATH } from '../src/apply/system-environment.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Entry of the agent, for a process of its own. */
export const MAIN = join(ROOT, 'vm-agent/src/main.ts')

/**
 * Nothing of the tester's own environment. What Node has compiled is kept where the launchers in `bin` keep it: tests
 * start the agent hundreds of times.
 */
export const BARE_ENVIRONMENT = { PATH: SYSTEM_PATH, NODE_COMPILE_CACHE: join(ROOT, '.cache/node') } as const

/** Put before a program: it does not outlive the test's process, even when that is killed. */
export const ENDS_WITH_TEST: readonly string[] = ['setpriv', '--pdeathsig', 'KILL', '--']
