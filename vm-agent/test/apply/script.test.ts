import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Resource } from '@muster/contexts/plan/resource.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { describe, expect, test } from 'vitest'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { applyResources, applyText, depsFor, ORIGIN, previewResources } from './apply-fixture.ts'
import { shellTreeSource } from './shell-tree.ts'
import { fillTree, isRoot, makeTree, readTree, snapshot, temporaryDirectory } from './tree-fixture.ts'

const makeShellTree = shellTreeSource()

function script(text: string, more: Partial<Extract<Resource, { kind: 'script' }>> = {}): Resource {
  return {
    kind: 'script',
    phase: 'after',
    text: new Secret(`#!/bin/bash\n${text}\nexit 0\n`),
    digest: 'x',
    interpreter: { program: '/bin/bash', posix: false },
    timeoutSeconds: 60,
    onFailure: 'continue',
    origin: ORIGIN,
    ...more,
  }
}

/** What this process has left; others on this machine may run scripts too. */
const scratchNames = () => readdirSync('/var/tmp').filter((name) => name.startsWith(`muster-overlay-${process.pid}-`))

describe.runIf(isRoot)('a script in a tree', () => {
  test('changes the tree, and all of it is taken back byte for byte', async () => {
    const root = makeShellTree()
    fillTree(root, {
      'srv/gone/deep/file': 'x',
      'srv/again/old': 'old',
      'srv/becomes-dir': 'file',
      'srv/becomes-link/x': 'y',
      'srv/mode': 'same',
      'srv/moved/inside': 'z',
    })
    const before = snapshot(root, { withTimes: true })
    const deps = depsFor(root)
    const text = `
      rm -r /srv/gone
      rm -r /srv/again; mkdir /srv/again; echo new > /srv/again/new
      rm /srv/becomes-dir; mkdir -m 700 /srv/becomes-dir; echo 1 > /srv/becomes-dir/one
      rm -r /srv/becomes-link; ln -s /etc /srv/becomes-link
      chmod 4711 /srv/mode
      mv /srv/moved /srv/moved-away
      echo more >> /etc/hostname
      mkfifo /srv/pipe
      touch /srv/empty`
    const applied = await applyResources(deps, [script(text)])
    expect(existsSync(join(root, 'srv/gone'))).toBe(false)
    expect(readdirSync(join(root, 'srv/again'))).toEqual(['new'])
    expect(statSync(join(root, 'srv/becomes-dir')).mode & 0o7777).toBe(0o700)
    expect(readlinkSync(join(root, 'srv/becomes-link'))).toBe('/etc')
    expect(statSync(join(root, 'srv/mode')).mode & 0o7777).toBe(0o4711)
    expect(readTree(root, 'srv/moved-away/inside')).toBe('z')
    expect(readTree(root, 'etc/hostname')).toBe('before\nmore\n')
    expect(readdirSync(join(root, 'dev'))).toEqual([])
    expect(applied.warnings.map(({ code }) => code)).toEqual(['not-carried-over'])
    expect(applied.changes[0]).toMatchObject({ action: 'run', undo: 'exact' })
    expect(await applied.transaction.rollback()).toEqual({ problems: [], irreversible: [] })
    expect(snapshot(root, { withTimes: true })).toEqual(before)
    expect(scratchNames()).toEqual([])
  })

  test('finds amiconfig among its ancestors, a clean environment, its own processes and bash', async () => {
    const root = makeShellTree()
    const text = `
      guard=$(pid=$$; while [ $pid -ne 1 ]; do pid=$(ps -o ppid= -p $pid); cat /proc/$(echo $pid)/cmdline; done)
      echo "$guard" | { read -r line; case $line in *amiconfig*) echo yes;; *) echo no;; esac; } > /guard
      echo $AMICONFIG_CONTEXT_URL $AMICONFIG_LOCAL_USER_DATA $HOME $USER > /environment
      cat $AMICONFIG_LOCAL_USER_DATA > /user-data
      echo {a,b} > /braces
      id -u > /uid
      ls=(/proc/[0-9]*); echo \${#ls[@]} > /processes`
    await applyResources(depsFor(root), [script(text)], { contextText: 'the whole text' })
    expect(readTree(root, 'guard')).toBe('yes\n')
    expect(readTree(root, 'environment')).toMatch(
      /^file:\/dev\/shm\/amiconfig-\w+ \/dev\/shm\/amiconfig-\w+\/user-data \/root root\n$/,
    )
    expect(readTree(root, 'user-data')).toBe('the whole text')
    expect(readTree(root, 'braces')).toBe('a b\n')
    expect(readTree(root, 'uid')).toBe('0\n')
    expect(Number(readTree(root, 'processes'))).toBeLessThan(6)
  })

  test('of plain sh runs in POSIX mode', async () => {
    const root = makeShellTree()
    const posix = script('shopt -oq posix && echo posix > /mode', {
      interpreter: { program: '/bin/bash', posix: true },
    })
    await applyResources(depsFor(root), [posix])
    expect(readTree(root, 'mode')).toBe('posix\n')
  })

  test('that fails is a warning with its real exit code, and what it did stays', async () => {
    const root = makeShellTree()
    const deps = depsFor(root)
    const { warnings, runs, ledger } = await applyResources(deps, [script('echo 1 > /one; echo loud; exit 3')])
    expect(warnings.map(({ code }) => code)).toEqual(['script-failed'])
    expect(runs[0]).toMatchObject({ exitCode: 3, isTimedOut: false, outputLines: 1 })
    expect(readTree(root, 'one')).toBe('1\n')
    expect(ledger.get('script:after')).toBe('digest')
  })

  test('above its time limit is killed with all it has started, and leaves nothing', async () => {
    const root = makeShellTree()
    const before = snapshot(root)
    const text = 'echo half > /half; (trap "" TERM; sleep 61) & trap "" TERM; while :; do sleep 61; done'
    const { warnings, runs, ledger } = await applyResources(depsFor(root), [script(text, { timeoutSeconds: 1 })])
    expect(warnings.map(({ code }) => code)).toEqual(['script-timeout'])
    expect(runs[0]?.isTimedOut).toBe(true)
    expect(snapshot(root)).toEqual(before)
    expect(ledger.has('script:after')).toBe(false)
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toMatch(/^sleep 61$/m)
  })

  test('prints into a closed file, bounded, and nowhere else', async () => {
    const root = makeShellTree()
    const deps = depsFor(root)
    const text =
      'echo token-12345; i=0; while [ $i -lt 40000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done'
    const applied = await applyResources(deps, [script(text)])
    const path = applied.runs[0]?.outputPath ?? ''
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    expect(lstatSync(path).size).toBe(1024 * 1024)
    expect(readFileSync(path, 'utf8')).toContain('token-12345')
    expect(JSON.stringify([applied.changes, applied.warnings, applied.runs])).not.toContain('token-12345')
  })

  test('runs once for each context, and again when forced', async () => {
    const root = makeShellTree()
    const deps = depsFor(root)
    const text = '#!/bin/sh.after\necho run >> /runs\nexit\n[amiconfig]\nplugins=cernvm\n'
    const first = await applyText(deps, text)
    expect(first.summary.outcome).toBe('applied')
    expect((await applyText(deps, text)).summary.outcome).toBe('unchanged')
    expect(readTree(root, 'runs')).toBe('run\n')
    await applyText(deps, text, { isForced: true })
    expect(readTree(root, 'runs')).toBe('run\nrun\n')
    await applyText(deps, `${text}# another version\n`)
    expect(readTree(root, 'runs')).toBe('run\nrun\nrun\n')
  })

  test('works on the tree itself where no overlay can be mounted, and says that it cannot be undone', async () => {
    const root = makeShellTree()
    const tools = temporaryDirectory()
    const real = execFileSync('sh', ['-c', 'command -v mount'], { encoding: 'utf8' }).trim()
    const refusing = `#!/bin/sh\ncase "$*" in *"-t overlay"*) exit 32 ;; esac\nexec ${real} "$@"\n`
    writeFileSync(join(tools, 'mount'), refusing, { mode: 0o755 })
    const path = `${tools}:${SYSTEM_PATH}`
    const applied = await applyResources(depsFor(root), [script('echo direct > /direct')], { path })
    expect(applied.warnings.map(({ code }) => code)).toEqual(['not-undoable'])
    expect(readTree(root, 'direct')).toBe('direct\n')
    expect(await applied.transaction.rollback()).toEqual({
      problems: [],
      irreversible: ['not taken back: script (after)'],
    })
    expect(readTree(root, 'direct')).toBe('direct\n')
    expect(scratchNames()).toEqual([])
  })

  test.each(['dev', 'proc'])('keeps inside a tree whose /%s is a link to a place outside', async (name) => {
    const outside = temporaryDirectory()
    const root = makeShellTree()
    rmSync(join(root, name), { recursive: true })
    fillTree(root, { [name]: { link: outside } })
    const applied = await applyResources(depsFor(root), [script('echo in > /inside; : < /dev/null')])
    expect(applied.warnings).toEqual([])
    expect(readTree(root, 'inside')).toBe('in\n')
    expect(readlinkSync(join(root, name))).toBe(outside)
    expect(readdirSync(outside)).toEqual([])
  })

  test('is not run by a dry run', async () => {
    const root = makeShellTree()
    const before = snapshot(root, { withTimes: true })
    const { actions } = await previewResources(depsFor(root), [script('echo 1 > /one')])
    expect(actions).toEqual(['run'])
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })
})

describe('a script that cannot be run', () => {
  test('for want of a shell in the tree is told as not done', async () => {
    const { actions, notDone } = await applyResources(depsFor(makeTree()), [script('true')], { isRoot: true })
    expect(actions).toEqual(['none'])
    expect(notDone).toEqual([
      { address: 'script:after', reason: expect.stringContaining('no shell'), needsRoot: false },
    ])
  })

  test('for want of root is told as not done', async () => {
    const { notDone } = await applyResources(depsFor(makeTree()), [script('true')], { isRoot: false })
    expect(notDone).toEqual([
      { address: 'script:after', reason: expect.stringContaining('only root'), needsRoot: true },
    ])
  })
})

describe.runIf(isRoot)('a command in a tree', () => {
  const command = (argv: readonly string[], more: Partial<Extract<Resource, { kind: 'command' }>> = {}): Resource => ({
    kind: 'command',
    name: 'test',
    argv,
    completion: { oncePer: 'context' },
    timeoutSeconds: 60,
    onFailure: 'abort',
    origin: ORIGIN,
    ...more,
  })

  test('runs without a shell as its account, and is taken back', async () => {
    const root = makeShellTree()
    fillTree(root, { 'etc/group': 'root:x:0:\nextra:x:77:ann\nann:x:1234:\n', srv: { directory: 0o777 } })
    fillTree(root, { 'etc/passwd': 'root:x:0:0::/root:/bin/sh\nann:x:1234:1234::/home/ann:/bin/bash\n' })
    const before = snapshot(root, { withTimes: true })
    const text = 'id -u > "/srv/$0"; id -G >> "/srv/$0"; echo $HOME >> "/srv/$0"'
    const applied = await applyResources(depsFor(root), [
      command(['/bin/bash', '-c', text, 'a b; c'], { runAs: 'ann' }),
    ])
    expect(readTree(root, 'srv/a b; c')).toBe('1234\n1234 77\n/home/ann\n')
    expect(await applied.transaction.rollback()).toEqual({ problems: [], irreversible: [] })
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })

  test('does not run when what it makes is there, and tells when it does not make it', async () => {
    const root = makeShellTree()
    const made = { completion: { creates: '/srv/made' } }
    const { warnings } = await applyResources(depsFor(root), [command(['/bin/touch', '/etc/other'], made)])
    expect(warnings.map(({ code }) => code)).toEqual(['command-incomplete'])
    await applyResources(depsFor(root), [command(['/bin/mkdir', '-p', '/srv/made'], made)])
    expect((await applyResources(depsFor(root), [command(['/bin/sh', '-c', 'exit 1'], made)])).actions).toEqual([
      'none',
    ])
  })

  test('that fails aborts or is told, as asked', async () => {
    const root = makeShellTree()
    const failing = ['/bin/bash', '-c', 'exit 5']
    await expect(applyResources(depsFor(root), [command(failing)])).rejects.toMatchObject({ code: 'command-failed' })
    const { warnings } = await applyResources(depsFor(root), [command(failing, { onFailure: 'continue' })])
    expect(warnings[0]).toMatchObject({ code: 'command-failed', message: expect.stringContaining('exit code 5') })
  })

  test('that the machine does not have is told as not done', async () => {
    const wish = command(['squid', '-z'], { onFailure: 'continue' })
    const { notDone } = await applyResources(depsFor(makeShellTree()), [wish])
    expect(notDone[0]?.reason).toContain('no squid')
  })
})
