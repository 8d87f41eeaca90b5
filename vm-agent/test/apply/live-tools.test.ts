import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Resource } from '@muster/contexts/plan/resource.ts'
import { describe, expect, test } from 'vitest'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { applyResources, depsFor, ORIGIN } from './apply-fixture.ts'
import { fillTree, MINIMAL, makeTree, readTree, temporaryDirectory } from './tree-fixture.ts'

/*
 * What reaches the running system beyond its files goes through tools of the distribution. Stand-ins take their place
 * here, since the real ones would reach the machine that runs the tests: each keeps the state that it is asked to change
 * in files, and writes down how it was called.
 */

const SYSTEMCTL = `
shift_reload() { [ "$1" = --no-reload ] && shift; verb=$1; unit=$2; }
case "$*" in show*) verb=show; for unit; do :; done;; *) shift_reload "$@";; esac
dir=$HERE/units/$unit
case $verb in
  show)
    if [ -d "$dir" ]; then
      echo LoadState=loaded; echo "ActiveState=$(cat "$dir/active")"; echo "UnitFileState=$(cat "$dir/enabled")"
    else
      echo LoadState=not-found; echo ActiveState=inactive; echo UnitFileState=
    fi;;
  enable) echo enabled > "$dir/enabled";;
  disable) echo disabled > "$dir/enabled";;
  start) [ ! -e "$dir/broken" ] && echo active > "$dir/active";;
  stop) echo inactive > "$dir/active";;
  restart | try-restart) :;;
esac
`

interface StandIns {
  /** Search path with the stand-ins first. */
  readonly path: string
  calls(): readonly string[]
  unit(name: string, state: { readonly active: string; readonly enabled: string; readonly isBroken?: boolean }): void
  stateOf(name: string): string
}

function standIns(): StandIns {
  const here = temporaryDirectory()
  writeFileSync(join(here, 'calls'), '')
  mkdirSync(join(here, 'units'))
  const tool = (name: string, script: string) =>
    writeFileSync(
      join(here, name),
      `#!/bin/sh\nHERE=${here}\nprintf '%s\\n' "${name} $*" >> "$HERE/calls"\n${script}\n`,
      {
        mode: 0o755,
      },
    )
  tool('systemctl', SYSTEMCTL)
  for (const name of ['sysctl', 'swapon', 'swapoff']) tool(name, 'exit 0')
  const read = (...path: readonly string[]) => readFileSync(join(here, ...path), 'utf8').trim()
  return {
    path: `${here}:${SYSTEM_PATH}`,
    calls: () =>
      read('calls')
        .split('\n')
        .filter((line) => !line.startsWith('systemctl show')),
    unit(name, { active, enabled, isBroken }) {
      const files = { active, enabled, ...(isBroken === true ? { broken: '' } : {}) }
      fillTree(
        here,
        Object.fromEntries(Object.entries(files).map(([file, text]) => [`units/${name}/${file}`, `${text}\n`])),
      )
    },
    stateOf: (name) => `${read('units', name, 'active')}, ${read('units', name, 'enabled')}`,
  }
}

const liveTree = () => makeTree({ ...MINIMAL, 'run/systemd/system': { directory: 0o755 } })

function service(unit: string, restartOn: readonly string[] = []): Resource {
  return { kind: 'service', unit, restartOn, origin: ORIGIN }
}

function applyLive(root: string, tools: StandIns, resources: readonly Resource[]) {
  return applyResources(depsFor(root, { path: tools.path }), resources, { isLive: true, path: tools.path })
}

describe('a service of the running system', () => {
  test('is enabled and started, found as wanted the next time, and stopped and disabled on the way back', async () => {
    const [root, tools] = [liveTree(), standIns()]
    tools.unit('squid.service', { active: 'inactive', enabled: 'disabled' })
    const applied = await applyLive(root, tools, [service('squid')])
    expect(applied.actions).toEqual(['create'])
    expect(tools.stateOf('squid.service')).toBe('active, enabled')
    expect((await applyLive(root, tools, [service('squid')])).actions).toEqual(['none'])
    expect(await applied.transaction.rollback()).toEqual({ problems: [], irreversible: [] })
    expect(tools.stateOf('squid.service')).toBe('inactive, disabled')
  })

  test('that runs already keeps running on the way back: only what was changed is taken back', async () => {
    const [root, tools] = [liveTree(), standIns()]
    tools.unit('ssh.service', { active: 'active', enabled: 'disabled' })
    const applied = await applyLive(root, tools, [service('ssh')])
    await applied.transaction.rollback()
    expect(tools.stateOf('ssh.service')).toBe('active, disabled')
    expect(tools.calls()).toEqual([
      'systemctl --no-reload enable ssh.service',
      'systemctl --no-reload disable ssh.service',
    ])
  })

  test('is started again when its configuration changed in the same apply, and not otherwise', async () => {
    const [root, tools] = [liveTree(), standIns()]
    tools.unit('ssh.service', { active: 'active', enabled: 'enabled' })
    const bytes = new TextEncoder().encode('x\n')
    const file: Resource = {
      kind: 'file',
      path: '/etc/sshd.conf',
      content: bytes,
      mode: 0o644,
      owner: {},
      origin: ORIGIN,
    }
    const resources = [file, service('ssh', ['/etc/sshd.conf'])]
    expect((await applyLive(root, tools, resources)).actions).toEqual(['create', 'update'])
    expect(tools.calls()).toEqual(['systemctl restart ssh.service'])
    expect((await applyLive(root, tools, resources)).actions).toEqual(['none', 'none'])
  })

  test('that does not start, or is not there, is a warning, and the apply goes on', async () => {
    const [root, tools] = [liveTree(), standIns()]
    tools.unit('broken.service', { active: 'failed', enabled: 'enabled', isBroken: true })
    const { warnings } = await applyLive(root, tools, [service('broken'), service('eosd')])
    expect(warnings.map(({ code }) => code)).toEqual(['service-failed', 'unit-missing'])
  })
})

test('a kernel parameter of the running system is set, kept for the next start, and set back', async () => {
  const [root, tools] = [liveTree(), standIns()]
  const before = readFileSync('/proc/sys/kernel/panic', 'utf8').trim()
  const sysctl: Resource = { kind: 'sysctl', key: 'kernel.panic', value: `${Number(before) + 7}`, origin: ORIGIN }
  const applied = await applyLive(root, tools, [sysctl])
  expect(readTree(root, 'etc/sysctl.d/60-muster.conf')).toBe(`kernel.panic = ${Number(before) + 7}\n`)
  await applied.transaction.rollback()
  expect(tools.calls()).toEqual([
    `sysctl -q -w kernel.panic=${Number(before) + 7}`,
    `sysctl -q -w kernel.panic=${before}`,
  ])
})

test('a swap file of the running system is used, and no more on the way back', async () => {
  const [root, tools] = [liveTree(), standIns()]
  const applied = await applyLive(root, tools, [{ kind: 'swap', path: '/swapfile', sizeMiB: 1, origin: ORIGIN }])
  expect(applied.warnings).toEqual([])
  await applied.transaction.rollback()
  expect(tools.calls()).toEqual(['swapon /swapfile', 'swapoff /swapfile'])
})
