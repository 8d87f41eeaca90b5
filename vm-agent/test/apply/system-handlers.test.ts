import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Resource } from '@muster/contexts/plan/resource.ts'
import { describe, expect, test } from 'vitest'
import { decodeRunLevels } from '../../src/apply/init-script.ts'
import { decodeInstall, unitName } from '../../src/apply/unit-files.ts'
import { applyResources, applyText, depsFor, ORIGIN, previewResources } from './apply-fixture.ts'
import { fillTree, makeTree, readTree, snapshot } from './tree-fixture.ts'

const service = (unit: string): Resource => ({ kind: 'service', unit, restartOn: [], origin: ORIGIN })
const linkOf = (root: string, path: string) => readlinkSync(join(root, path))

async function roundTrip(root: string, resources: readonly Resource[], look: () => void = () => undefined) {
  const deps = depsFor(root)
  const before = snapshot(root, { withTimes: true })
  await previewResources(deps, resources)
  expect(snapshot(root, { withTimes: true })).toEqual(before)
  const applied = await applyResources(deps, resources)
  look()
  const again = await applyResources(depsFor(root), resources)
  expect(again.actions.every((action) => action === 'none')).toBe(true)
  expect(await applied.transaction.rollback()).toEqual({ problems: [], irreversible: [] })
  expect(snapshot(root, { withTimes: true })).toEqual(before)
  return applied
}

describe('a service in a tree', () => {
  const SQUID =
    '[Unit]\nWantedBy=not-here.target\n[Install]\n# WantedBy=no.target\nWantedBy=multi-user.target\nRequiredBy=web.target\nAlias=proxy.service\nAlso=squid.socket\n'
  const UNITS = {
    'lib/systemd/system/squid.service': SQUID,
    'usr/lib/systemd/system/squid.socket': '[Install]\nWantedBy=sockets.target\nAlso=squid.service\n',
    'lib/systemd/system/ssh.service': '[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n',
    'lib/systemd/system/static.service': '[Service]\nExecStart=/bin/true\n',
    'lib/systemd/system/worker@.service': '[Install]\nWantedBy=multi-user.target\n',
    'etc/systemd/system/off.service': { link: '/dev/null' },
    'etc/systemd/system/sshd.service': { link: '/lib/systemd/system/ssh.service' },
  } as const

  test('is enabled by the links of its unit and of those that it brings along', async () => {
    const root = makeTree(UNITS)
    await roundTrip(root, [service('squid')], () => {
      const wants = 'etc/systemd/system/multi-user.target.wants/squid.service'
      expect(linkOf(root, wants)).toBe('/lib/systemd/system/squid.service')
      expect(linkOf(root, 'etc/systemd/system/web.target.requires/squid.service')).toBe(
        '/lib/systemd/system/squid.service',
      )
      expect(linkOf(root, 'etc/systemd/system/proxy.service')).toBe('/lib/systemd/system/squid.service')
      expect(linkOf(root, 'etc/systemd/system/sockets.target.wants/squid.socket')).toBe(
        '/usr/lib/systemd/system/squid.socket',
      )
    })
  })

  test('known by an alias is enabled under its own name', async () => {
    const root = makeTree(UNITS)
    await roundTrip(root, [service('sshd')], () => {
      expect(linkOf(root, 'etc/systemd/system/multi-user.target.wants/ssh.service')).toBe(
        '/lib/systemd/system/ssh.service',
      )
    })
  })

  test('of a template is enabled as its instance', async () => {
    const root = makeTree(UNITS)
    await roundTrip(root, [service('worker@7')], () => {
      expect(linkOf(root, 'etc/systemd/system/multi-user.target.wants/worker@7.service')).toBe(
        '/lib/systemd/system/worker@.service',
      )
    })
  })

  test('without an [Install] section needs nothing', async () => {
    expect((await applyResources(depsFor(makeTree(UNITS)), [service('static')])).actions).toEqual(['none'])
  })

  test('that is missing or masked is a warning, and the apply goes on', async () => {
    const { warnings, actions } = await applyResources(depsFor(makeTree(UNITS)), [
      service('nope'),
      service('off'),
      service('squid'),
    ])
    expect(warnings.map(({ code }) => code)).toEqual(['unit-missing', 'unit-masked'])
    expect(actions).toEqual(['none', 'none', 'create'])
  })

  test('with an init script only gets its run-level links', async () => {
    const header = '#!/bin/sh\n# Default-Start: 3 5\n# Default-Stop: 0 6\n'
    const root = makeTree({
      'etc/init.d/old': { text: header, mode: 0o755 },
      'etc/rc5.d/S20old': { link: '../init.d/old' },
    })
    await roundTrip(root, [service('old')], () => {
      expect(linkOf(root, 'etc/rc3.d/S01old')).toBe('../init.d/old')
      expect(linkOf(root, 'etc/rc6.d/K01old')).toBe('../init.d/old')
      expect(() => lstatSync(join(root, 'etc/rc5.d/S01old'))).toThrow('ENOENT')
    })
  })

  test.each([
    ['squid', 'squid.service'],
    ['a.socket', 'a.socket'],
    ['org.example', 'org.example.service'],
  ])('named %s means the unit %s', (name, unit) => expect(unitName(name)).toBe(unit))

  test('cannot make links elsewhere by names in its unit file', () => {
    const install = decodeInstall(
      '[Install]\nWantedBy=../../../tmp/x.target a.target\nWantedBy=%i.target\nAlias=\n',
      'w@b.service',
    )
    expect(install.wantedBy).toEqual(['a.target', 'b.target'])
  })

  test('with a chkconfig line has its levels and order', () => {
    expect(decodeRunLevels('# chkconfig: 345 9 60\n')).toEqual({
      start: ['3', '4', '5'],
      stop: ['0', '1', '2', '6'],
      startOrder: '09',
      stopOrder: '60',
    })
  })
})

describe('a host name in a tree', () => {
  test('is written where this system keeps it', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/sysconfig/network': 'NETWORKING=yes\nHOSTNAME=old\n' })
    await roundTrip(root, [{ kind: 'hostname', name: 'worker-1.example.org', origin: ORIGIN }], () => {
      expect(readTree(root, 'etc/hostname')).toBe('worker-1.example.org\n')
      expect(readTree(root, 'etc/sysconfig/network')).toBe('NETWORKING=yes\nHOSTNAME=worker-1.example.org\n')
    })
  })
})

describe('a kernel parameter in a tree', () => {
  const parameter = (key: string, value: string): Resource => ({ kind: 'sysctl', key, value, origin: ORIGIN })

  test('is kept for the next start beside others', async () => {
    const root = makeTree()
    await roundTrip(
      root,
      [parameter('net.core.rmem_max', '8388608'), parameter('net.ipv4.tcp_rmem', '4096 87380 8388608')],
      () => {
        expect(readTree(root, 'etc/sysctl.d/60-muster.conf')).toBe(
          'net.core.rmem_max = 8388608\nnet.ipv4.tcp_rmem = 4096 87380 8388608\n',
        )
      },
    )
  })

  test.each(['../../etc/passwd', 'a b', '-w', ''])('named %j is refused', async (key) => {
    await expect(applyResources(depsFor(makeTree()), [parameter(key, '1')])).rejects.toMatchObject({
      code: 'wrong-type',
    })
  })
})

describe('a swap file in a tree', () => {
  const swap = (sizeMiB: number): Resource => ({ kind: 'swap', path: '/mnt/.rw/swapfile', sizeMiB, origin: ORIGIN })

  test('has its size on the disk, its signature and is closed', async () => {
    const root = makeTree()
    await roundTrip(root, [swap(5)], () => {
      const stats = statSync(join(root, 'mnt/.rw/swapfile'))
      expect(stats).toMatchObject({ size: 5 * 1024 * 1024 })
      expect(stats.blocks * 512).toBeGreaterThanOrEqual(5 * 1024 * 1024)
      expect(stats.mode & 0o777).toBe(0o600)
      expect(readFileSync(join(root, 'mnt/.rw/swapfile')).subarray(4086, 4096).toString()).toBe('SWAPSPACE2')
    })
  })

  test('that cannot fit is refused before the disk is filled', async () => {
    const applying = applyResources(depsFor(makeTree()), [swap(1024 * 1024 * 1024)])
    await expect(applying).rejects.toMatchObject({ code: 'disk-full' })
  })
})

describe('a whole context', () => {
  const CONTEXT =
    '[amiconfig]\nplugins=cernvm hostname\n[cernvm]\nusers=ann:ann:topsecret-pw,bea:bea:\nenvironment=A=1\n[hostname]\nhostname=h1\n'

  test('is applied, found unchanged, and holds no secret in report or state', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    const report = await applyText(deps, CONTEXT)
    expect(report.error).toBeUndefined()
    expect(report.summary).toMatchObject({ outcome: 'applied', warnings: 0 })
    const again = await applyText(deps, CONTEXT)
    expect(again.summary).toMatchObject({ outcome: 'unchanged', changes: 0 })
    const state = ['last-apply.json', 'runs.json'].map((name) => {
      try {
        return readFileSync(join(deps.stateDirectory, name), 'utf8')
      } catch {
        return ''
      }
    })
    expect(JSON.stringify([report.lines, report.warnings, state])).not.toContain('topsecret-pw')
  })

  test('that is strict is refused before anything is touched when a unit is missing', async () => {
    const root = makeTree()
    const before = snapshot(root, { withTimes: true })
    const report = await applyText(depsFor(root), '[cernvm]\nservices=nope\n', { isStrict: true })
    expect(report.summary.outcome).toBe('refused')
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })

  test('with errors is refused, and not even the state directory is made', async () => {
    const deps = depsFor(makeTree())
    const report = await applyText(deps, '[cernvm]\nusers=broken\n')
    expect(report.summary).toMatchObject({ outcome: 'refused', errorCode: 'refused' })
    expect(report.diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
    expect(() => lstatSync(deps.stateDirectory)).toThrow('ENOENT')
  })

  test('that fails in the middle leaves the machine as it was', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/hostname-dir': '' })
    const { rmSync, mkdirSync } = await import('node:fs')
    rmSync(join(root, 'etc/hostname'))
    mkdirSync(join(root, 'etc/hostname'))
    const before = snapshot(root, { withTimes: true })
    const report = await applyText(depsFor(root), CONTEXT)
    expect(report.summary).toMatchObject({ outcome: 'rolled-back', errorCode: 'wrong-type' })
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })

  test('that is told to stop is taken back', async () => {
    const root = makeTree()
    const before = snapshot(root, { withTimes: true })
    const stopping = new AbortController()
    const report = await applyText(depsFor(root), CONTEXT, {
      signal: stopping.signal,
      onProgress: ({ index, phase }) => {
        if (index === 4 && phase === 'done') stopping.abort()
      },
    })
    expect(report.summary).toMatchObject({ outcome: 'rolled-back', errorCode: 'aborted' })
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })
})
