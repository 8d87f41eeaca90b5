import { digestText } from '@muster/contexts/context/digest.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { applyContext } from '../../src/apply/apply-context.ts'
import type { ApplyDeps } from '../../src/apply/apply-report.ts'
import { rollbackApply } from '../../src/apply/rollback.ts'
import { readFacts } from '../../src/facts/read-facts.ts'

/**
 * Applies (or rolls back) in a process that ends itself by SIGKILL at a step of the journal. Prints the number of
 * steps when it gets to the end.
 */
const [, , verb = '', root = '', stateDirectory = '', text = '', crashAt = '0'] = process.argv
let steps = 0

const deps: ApplyDeps = {
  root,
  stateDirectory,
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  readFacts,
  onJournalStep() {
    steps += 1
    if (steps === Number(crashAt)) process.kill(process.pid, 'SIGKILL')
  },
}

if (verb === 'rollback') await rollbackApply(deps)
else await applyContext(deps, { text, context: { name: 'crash', digest: digestText(text) }, isStrict: false })
process.stdout.write(String(steps))
