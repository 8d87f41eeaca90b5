import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { digestText } from '@muster/contexts/context/digest.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { applyContext } from '../../src/apply/apply-context.ts'
import type { ApplyDeps } from '../../src/apply/apply-report.ts'
import { rollbackApply } from '../../src/apply/rollback.ts'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { readFacts } from '../../src/facts/read-facts.ts'
import { snapshotFiles } from './full-disk-tree.ts'

/**
 * Applies to `/`, which here is a private copy of this machine, and takes it back. Its tools are wrapped, so that every
 * command line is written down. Prints what came of it.
 */
const text = process.argv[2] ?? ''
const LOG = '/tool-calls'
const wrappers = '/wrapped-tools'
mkdirSync(wrappers)
for (const tool of ['groupadd', 'useradd', 'usermod', 'chpasswd', 'hostname', 'setpriv']) {
  const place = join(wrappers, tool)
  const real =
    SYSTEM_PATH.split(':')
      .map((path) => join(path, tool))
      .find((path) => existsSync(path)) ?? tool
  writeFileSync(place, `#!/bin/sh\nprintf '%s\\n' "${tool} $*" >> ${LOG}\nexec ${real} "$@"\n`)
  chmodSync(place, 0o755)
}

const deps: ApplyDeps = {
  root: '/',
  stateDirectory: '/var/lib/muster-live-test',
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  readFacts,
  path: `${wrappers}:${SYSTEM_PATH}`,
}
const request = { text, context: { name: 'live', digest: digestText(text) }, isStrict: false }
const look = () => ({ hostname: hostname(), etc: snapshotFiles('/', '/etc'), homes: readdirSync('/home') })

const before = look()
const applied = await applyContext(deps, request)
const passwd = readFileSync('/etc/passwd', 'utf8')
const shadow = readFileSync('/etc/shadow', 'utf8')
const nameAfter = hostname()
const again = await applyContext(deps, request)
const rollback = await rollbackApply(deps)
const after = look()
process.stdout.write(
  JSON.stringify({
    outcome: applied.summary.outcome,
    error: applied.error ?? null,
    again: again.summary.outcome,
    account: passwd.split('\n').find((line) => line.startsWith('mustertest:')),
    shadow: shadow.split('\n').find((line) => line.startsWith('mustertest:')),
    nameAfter,
    irreversible: rollback.irreversible,
    isBack: JSON.stringify(before) === JSON.stringify(after),
    script: readFileSync('/script-ran', 'utf8'),
    calls: readFileSync(LOG, 'utf8').trim().split('\n'),
  }),
)
