import { digestText } from '@muster/contexts/context/digest.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { applyContext } from '@muster/vm-agent/apply/apply-context.ts'
import { readFacts } from '@muster/vm-agent/facts/read-facts.ts'

/** Applies a context in a process that is killed right after its first change. */
const [, , root = '', stateDirectory = '', text = ''] = process.argv

await applyContext(
  {
    root,
    stateDirectory,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    readFacts,
    onJournalStep({ when, what }) {
      if (when === 'after' && what === 'change') process.kill(process.pid, 'SIGKILL')
    },
  },
  { text, context: { name: 'killed', digest: digestText(text) }, isStrict: false },
)
