import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { isRoot, makeTree, readTree, snapshot, temporaryDirectory } from '../apply/tree-fixture.ts'
import { runAgent } from './agent-process.ts'

const PASSWORD = 'Tr0ub4dor-and-three'
const CONTEXT = `[amiconfig]\nplugins=cernvm hostname\n[cernvm]\nusers=ann:ann:${PASSWORD}\nenvironment=A=1\n[hostname]\nhostname=h1\n`

function place(text: string | Uint8Array = CONTEXT) {
  const root = makeTree()
  const file = join(temporaryDirectory(), 'test.context')
  writeFileSync(file, text)
  const state = join(temporaryDirectory(), 'state')
  return { root, file, on: ['--root', root, '--state', state] as const, state }
}

describe('muster-agent apply', () => {
  test('shows, applies, finds unchanged, tells and takes back, with the exit codes of the reference', async () => {
    const { root, file, on, state } = place()
    const before = snapshot(root, { withTimes: true })
    const dry = await runAgent(['apply', '--dry-run', ...on, file])
    expect(dry.code).toBe(2)
    expect(dry.stdout).toContain('+ user ann')
    expect(snapshot(root, { withTimes: true })).toEqual(before)
    expect(existsSync(state)).toBe(false)
    const applied = await runAgent(['apply', ...on, file])
    expect(applied.code).toBe(0)
    expect(applied.stdout).toMatch(/Applied\. \d+ changed/)
    expect(applied.stderr).toMatch(/\[\d+\/\d+\] done user:ann/)
    expect((await runAgent(['apply', '--dry-run', ...on, file])).code).toBe(0)
    const again = await runAgent(['apply', '--json', ...on, '-'], { input: CONTEXT })
    expect(again.code).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({ summary: { outcome: 'unchanged' }, error: null })
    const status = await runAgent(['status', '--json', ...on])
    expect(JSON.parse(status.stdout)).toMatchObject({ paired: null, hasOpenJournal: false, lockHolder: null })
    expect((await runAgent(['rollback', ...on])).stdout).toContain('Taken back: test')
    expect(snapshot(root, { withTimes: true })).toEqual(before)
    expect((await runAgent(['rollback', ...on])).code).toBe(1)
  })

  test('shows the password of a context nowhere: output, state, command lines of what it starts', {
    timeout: 120_000,
  }, async () => {
    const { file, on, state } = place()
    const seen: string[] = []
    let isOver = false
    const run = runAgent(['apply', ...on, file]).finally(() => {
      isOver = true
    })
    while (!isOver) {
      seen.push(...commandLines())
      await new Promise((resolve) => setImmediate(resolve))
    }
    const end = await run
    expect(end.code).toBe(0)
    expect(seen.some((line) => line.includes('main.ts'))).toBe(true)
    expect(seen.filter((line) => line.includes(PASSWORD))).toEqual([])
    expect(`${end.stdout}${end.stderr}`).not.toContain(PASSWORD)
    for (const path of filesBelow(state)) expect(readFileSync(path, 'latin1'), path).not.toContain(PASSWORD)
  })

  test.each([
    ['too large', new Uint8Array(1024 * 1024 + 1).fill(0x23)],
    ['a gzip bomb', gzipSync(new Uint8Array(64 * 1024 * 1024).fill(0x23))],
    ['binary', Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3])],
    ['Latin 1', Uint8Array.from([0x5b, 0x63, 0x61, 0x66, 0xe9, 0x5d, 0x0a])],
    ['UTF-16', new Uint8Array(Buffer.from('\ufeff[cernvm]\n', 'utf16le'))],
    ['malformed', '[cernvm]\nusers=only-a-name\n'],
  ])('refuses a context that is %s, and touches nothing', async (_, text) => {
    const { root, file, on, state } = place(text)
    const before = snapshot(root, { withTimes: true })
    const end = await runAgent(['apply', ...on, file])
    expect(end.code).toBe(65)
    expect(end.stderr).toMatch(/error/)
    expect(snapshot(root, { withTimes: true })).toEqual(before)
    expect(existsSync(state)).toBe(false)
  })

  test('undoes gzip', async () => {
    const { root, file, on } = place(gzipSync(CONTEXT))
    expect((await runAgent(['apply', ...on, file])).code).toBe(0)
    expect(readTree(root, 'etc/hostname')).toBe('h1\n')
  })

  test('keeps its state inside the tree by default, whatever links the tree has', async () => {
    const { root, file } = place()
    const outside = temporaryDirectory()
    const { symlinkSync } = await import('node:fs')
    symlinkSync(`../../../../../../../..${outside}`, join(root, 'var'))
    expect((await runAgent(['apply', '--root', root, file])).code).toBe(0)
    expect(readdirSync(outside)).toEqual([])
    expect(existsSync(join(root, outside, 'lib/muster/journal'))).toBe(true)
  })

  test('names a wrong command line with exit code 64, a missing file or tree with 65', async () => {
    const { file, on } = place()
    expect((await runAgent(['apply'])).code).toBe(64)
    expect((await runAgent(['apply', '--wait', '-1', ...on, file])).code).toBe(64)
    expect((await runAgent(['no-such-command'])).code).toBe(64)
    expect((await runAgent(['apply', ...on, '/no/such/file'])).code).toBe(65)
    expect((await runAgent(['apply', '--root', '/no/such/tree', file])).code).toBe(65)
  })
})

describe.runIf(isRoot)('muster-agent apply without root', () => {
  const BY_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] as const

  function placeOfNobody() {
    const given = place()
    const top = temporaryDirectory()
    chmodSync(top, 0o755)
    const state = join(top, 'state')
    mkdirSync(state)
    for (const path of [given.root, state, ...filesBelow(given.root, true)]) chownSync(path, 65534, 65534)
    for (const path of [join(given.root, '..'), join(given.file, '..')]) chmodSync(path, 0o755)
    return { ...given, on: ['--root', given.root, '--state', state] }
  }

  test('does what can be done and lists what needs root', async () => {
    const { root, file, on } = placeOfNobody()
    const end = await runAgent(['apply', '--json', ...on, file], { by: BY_NOBODY })
    expect(end.stderr).toBe('')
    expect(end.code).toBe(0)
    const report = JSON.parse(end.stdout) as { notDone: { needsRoot: boolean }[] }
    expect(report.notDone.length).toBeGreaterThan(0)
    expect(report.notDone.every(({ needsRoot }) => needsRoot)).toBe(true)
    expect(readTree(root, 'etc/passwd')).toContain('ann:x:1000:')
    const again = await runAgent(['apply', '--json', ...on, file], { by: BY_NOBODY })
    expect(JSON.parse(again.stdout)).toMatchObject({ summary: { outcome: 'unchanged' } })
  })

  test('and strict changes nothing and ends with 77', async () => {
    const { root, file, on } = placeOfNobody()
    const before = snapshot(root, { withTimes: true })
    const clean = file.replace('test.context', 'strict.context')
    writeFileSync(clean, '[cernvm]\nusers=ann:ann:$6$s$abc\n')
    const end = await runAgent(['apply', '--strict', ...on, clean], { by: BY_NOBODY })
    expect(end.stdout).toContain('[not-done]')
    expect(end.code).toBe(77)
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })

  test('in a tree of somebody else ends with 77 and a hint', async () => {
    const { file, root } = placeOfNobody()
    chownSync(join(root, 'etc'), 0, 0)
    const state = join(temporaryDirectory(), 'state')
    const end = await runAgent(['apply', '--root', root, '--state', state, file], { by: BY_NOBODY })
    expect(end.code).toBe(77)
    expect(end.stderr).toContain('Run as root')
  })
})

describe('muster-agent plan', () => {
  test('prints wanted resources and each problem with its place', async () => {
    const { file } = place(`${CONTEXT}[hostnam]\nhostname=x\n`)
    const end = await runAgent(['plan', file])
    expect(end.code).toBe(0)
    expect(end.stdout).toContain('user ann')
    expect(end.stdout).not.toContain(PASSWORD)
    expect(end.stderr).toMatch(/test\.context:8:\d+: warning\[/)
    const strict = await runAgent(['plan', '--strict', '--json', '-'], { input: `${CONTEXT}[hostnam]\nhostname=x\n` })
    expect(strict.code).toBe(65)
    expect(JSON.parse(strict.stdout)).toMatchObject({ isUsable: false, resources: [] })
  })
})

describe('muster-agent doctor', () => {
  test('names each check, and an unreachable coordinator with its reason', async () => {
    const { on } = place()
    const server = createServer((_request, response) => response.end('ok'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const well = await runAgent(['doctor', '--json', ...on, '--coordinator', url])
    const checks = (JSON.parse(well.stdout) as { checks: { name: string; status: string }[] }).checks
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'rights',
      'state',
      'disk',
      'tools',
      'systemd',
      'clock',
      'coordinator',
      'names',
    ])
    expect(checks.find(({ name }) => name === 'coordinator')?.status).toBe('ok')
    await new Promise((resolve) => server.close(resolve))
    const ill = await runAgent(['doctor', ...on, '--coordinator', url])
    expect(ill.code).toBe(1)
    expect(ill.stdout).toMatch(/fail +coordinator +.*ECONNREFUSED/)
  })
})

describe('muster-agent --help', () => {
  test.each(['plan', 'apply', 'rollback', 'status', 'services', 'members', 'trace', 'doctor', 'run', 'pair'])(
    'knows %s',
    async (name) => {
      const end = await runAgent([name, '--help'])
      expect(end.code).toBe(0)
      expect(end.stdout).toContain(`muster-agent ${name}`)
    },
  )
})

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1')]
      } catch {
        return []
      }
    })
}

function filesBelow(path: string, withDirectories = false): readonly string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() || (withDirectories && entry.isDirectory()))
    .map((entry) => join(entry.parentPath, entry.name))
}
