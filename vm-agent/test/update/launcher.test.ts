import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const SHIPPED = join(import.meta.dirname, '../../../image-hooks/files/muster-agent.sh')
/** Both are the `sh` of some distribution. */
const SHELLS = ['dash', 'busybox sh', 'bash --posix']
const AS_SERVICE = { NOTIFY_SOCKET: '/run/systemd/notify' }

let folder: string
let versions: string
let launcher: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-launcher-'))
  versions = join(folder, 'versions')
  launcher = join(folder, 'launcher')
  mkdirSync(versions)
  // The shipped text but for where things are, and how long the watcher over a trial waits.
  const text = readFileSync(SHIPPED, 'utf8')
    .replace('/var/lib/muster/versions', versions)
    .replace('/usr/lib/muster/muster-agent', join(folder, 'baked'))
    .replace('limit=900', 'limit=1')
    .replace('grace=100', 'grace=0')
    .replace('step=2', 'step=1')
  writeFileSync(launcher, text)
  program(join(folder, 'baked'), 'baked')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function program(path: string, name: string, lines = ''): void {
  writeFileSync(path, `#!/bin/sh\n${lines}\necho "${name} $MUSTER_RUNS: $*"\n`)
  chmodSync(path, 0o755)
}

function install(name: string, lines = ''): void {
  mkdirSync(join(versions, name))
  program(join(versions, name, 'muster-agent'), 'version', lines)
}

const point = (file: string, text: string) => writeFileSync(join(versions, file), text)
const files = () => readdirSync(versions).sort()

/** Processes of the launcher that are there. */
function watchers(): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(launcher)
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}

describe.each(SHELLS)('under %s', (shell) => {
  const [sh = '', ...options] = shell.split(' ')

  function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
    const path = '/usr/bin:/bin'
    const { stdout } = spawnSync(sh, [...options, launcher, ...args], { encoding: 'utf8', env: { PATH: path, ...env } })
    return stdout.trim()
  }
  const runService = () => launch(['run', '--issue', 'a b'], AS_SERVICE)

  test('starts what the image was built with, as long as there is nothing else', () => {
    expect(launch(['status', '--json'])).toBe('baked baked: status --json')
    rmSync(versions, { recursive: true })
    expect(runService()).toBe('baked baked: run --issue a b')
  })

  test('starts the confirmed version, and gives all words on as they are', () => {
    install('1.2.0+0123abc-00112233aabb')
    point('current', '1.2.0+0123abc-00112233aabb\n')
    expect(launch(['plan', '*', ''])).toBe('version 1.2.0+0123abc-00112233aabb: plan *')
  })

  test('starts a version on trial three times, counts each start, and then goes back', () => {
    install('old')
    install('new')
    point('current', 'old\n')
    point('trial.3', 'new\n')
    for (const left of ['trial.2', 'trial.1', 'trial.0']) {
      expect(runService()).toBe('version new: run --issue a b')
      expect(files()).toEqual(['current', 'new', 'old', left])
    }
    expect(runService()).toBe('version old: run --issue a b')
    expect(files()).toContain('trial.0')
  })

  test('tries nothing for commands of people, who also cost no start', () => {
    install('new')
    point('trial.3', 'new\n')
    expect(launch(['status'], AS_SERVICE)).toBe('baked baked: status')
    expect(launch(['run'])).toBe('baked baked: run')
    expect(files()).toContain('trial.3')
  })

  test('ends a version on trial that nobody confirms', () => {
    install('new', 'while :; do sleep 0.2; done')
    point('trial.3', 'new\n')
    expect(runService()).toBe('')
    expect(files()).toContain('trial.2')
  })

  test('leaves a version alone that was confirmed meanwhile', () => {
    install('new', `mv ${versions}/trial.2 ${versions}/current; sleep 2`)
    point('trial.3', 'new\n')
    expect(runService()).toBe('version new: run --issue a b')
  })

  test('watches no longer than there is something to watch', async () => {
    writeFileSync(launcher, readFileSync(launcher, 'utf8').replace('limit=1', 'limit=900'))
    install('new')
    point('trial.3', 'new\n')
    expect(runService()).toBe('version new: run --issue a b')
    await expect.poll(watchers, { timeout: 60_000 }).toEqual([])
  })

  test.each([
    ['an empty file', ''],
    ['a cut name', 'ne'],
    ['a version that is gone', 'gone\n'],
    ['a path', '../versions/new\n'],
    ['a hidden name', '.new\n'],
    ['words', 'new && false\n'],
    ['bytes', '\u0000\u00ff\n'],
    ['a long text', `${'x'.repeat(100_000)}\n`],
  ])('goes back to an older version for %s in place of a name', (_, text) => {
    install('new')
    install('old')
    point('previous', 'old\n')
    point('current', text)
    expect(runService()).toBe('version old: run --issue a b')
    point('trial.3', text)
    expect(runService()).toBe('version old: run --issue a b')
    rmSync(join(versions, 'previous'))
    expect(runService()).toBe('baked baked: run --issue a b')
  })

  test('starts something whatever lies where it looks', () => {
    install('new')
    const damages: readonly (() => void)[] = [
      () => writeFileSync(join(versions, 'new', 'muster-agent'), ''),
      () => rmSync(join(versions, 'new', 'muster-agent')),
      () => mkdirSync(join(versions, 'new', 'muster-agent')),
      () => rmSync(join(versions, 'new'), { recursive: true }),
      () => symlinkSync('new', join(versions, 'new')),
    ]
    for (const damage of damages) {
      damage()
      for (const file of ['current', 'trial.3']) point(file, 'new\n')
      expect(runService()).toBe('baked baked: run --issue a b')
    }
    for (const file of ['current', 'trial.3', 'trial.2', 'trial.1']) rmSync(join(versions, file), { force: true })
    symlinkSync('current', join(versions, 'current'))
    mkdirSync(join(versions, 'trial.3'))
    mkdirSync(join(versions, 'previous'))
    expect(runService()).toBe('baked baked: run --issue a b')
    rmSync(versions, { recursive: true })
    writeFileSync(versions, 'a file')
    expect(runService()).toBe('baked baked: run --issue a b')
  })

  test('tries no version whose start it cannot count', () => {
    install('new')
    point('trial.3', 'new\n')
    const path = join(folder, 'bin')
    mkdirSync(path)
    program(join(path, 'mv'), 'mv', 'exit 1')
    expect(launch(['run'], { ...AS_SERVICE, PATH: `${path}:/usr/bin:/bin` })).toBe('baked baked: run')
    expect(existsSync(join(versions, 'trial.3'))).toBe(true)
  })
})

test('counts on a disk without a free block', () => {
  if (process.getuid?.() !== 0) return
  install('new')
  const script = `
    mount -t tmpfs -o size=64k,mode=700 none ${versions} &&
    mkdir ${versions}/new && printf '#!/bin/sh\\necho version $MUSTER_RUNS\\n' >${versions}/new/muster-agent &&
    chmod 700 ${versions}/new/muster-agent && echo new >${versions}/trial.3
    cat /dev/zero >${versions}/full 2>/dev/null
    echo x >${versions}/more 2>/dev/null && [ -s ${versions}/more ] && echo there is room
    for start in 1 2 3 4; do dash ${launcher} run; done`
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...AS_SERVICE },
  })
  expect(stdout + stderr).toBe('version new\nversion new\nversion new\nbaked baked: run\n')
})
