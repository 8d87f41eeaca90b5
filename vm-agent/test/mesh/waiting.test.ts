import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PlaceholderSource } from '@muster/contexts/plan/placeholders.ts'
import { applyContext, previewContext } from '@muster/vm-agent/apply/apply-context.ts'
import type { ApplyDeps } from '@muster/vm-agent/apply/apply-report.ts'
import { rollbackApply } from '@muster/vm-agent/apply/rollback.ts'
import { readStandingContext } from '@muster/vm-agent/apply/standing-context.ts'
import { createContextPort } from '@muster/vm-agent/pairing/context-port.ts'
import { describe, expect, test } from 'vitest'
import { depsFor } from '../apply/apply-fixture.ts'
import { shellTreeSource } from '../apply/shell-tree.ts'
import { isRoot, makeTree, readTree } from '../apply/tree-fixture.ts'

const makeShellTree = shellTreeSource()
const FILE = 'etc/squid/cernvm.conf'
const SQUID = '[amiconfig]\nplugins=squid\ndisabled_plugins=cernvm\n[squid]\nbackends={{service.head.address}}\n'

function cluster(values: Readonly<Record<string, string>>): PlaceholderSource {
  return { kind: 'cluster', values: new Map(Object.entries(values)), known: [] }
}

const headAt = (address: string) => cluster({ 'service.head.address': address })

function applyWith(deps: ApplyDeps, text: string, source: PlaceholderSource) {
  const context = { name: 'test', digest: createHash('sha256').update(text).digest('hex') }
  const readPlaceholders = async () => source
  return applyContext({ ...deps, readPlaceholders }, { text, context, isStrict: false })
}

describe('a context whose cluster does not tell all yet', () => {
  test('is kept, readable by root alone, and touches nothing; then it is applied with what the cluster tells', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    const report = await applyWith(deps, SQUID, cluster({}))
    expect(report).toMatchObject({
      summary: { outcome: 'waiting', changes: 0 },
      waitingFor: ['service head'],
      error: undefined,
    })
    expect(report.lines).toContain('waiting for service head')
    expect(existsSync(join(root, FILE))).toBe(false)
    expect(await readStandingContext(deps.stateDirectory)).toMatchObject({ text: SQUID, values: undefined })
    expect(statSync(join(deps.stateDirectory, 'context.json')).mode & 0o777).toBe(0o600)
    expect((await applyWith(deps, SQUID, headAt('10.0.0.1'))).summary.outcome).toBe('applied')
    expect(readTree(root, FILE)).toContain('dst 10.0.0.1\n')
    expect((await readStandingContext(deps.stateDirectory))?.values).toEqual({ 'service.head.address': '10.0.0.1' })
  })

  test('keeps the configuration that it has while a service is away', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    await applyWith(deps, SQUID, headAt('10.0.0.1'))
    expect((await applyWith(deps, SQUID, cluster({}))).summary.outcome).toBe('waiting')
    expect(readTree(root, FILE)).toContain('dst 10.0.0.1\n')
    expect((await readStandingContext(deps.stateDirectory))?.values).toEqual({ 'service.head.address': '10.0.0.1' })
  })

  test('is forgotten after a rollback, and when a context without placeholders follows', async () => {
    const deps = depsFor(makeTree())
    await applyWith(deps, SQUID, headAt('10.0.0.1'))
    await rollbackApply(deps)
    expect(await readStandingContext(deps.stateDirectory)).toBeUndefined()
    await applyWith(deps, SQUID, headAt('10.0.0.1'))
    await applyWith(deps, '[cernvm]\nshell=/bin/sh\n', cluster({}))
    expect(await readStandingContext(deps.stateDirectory)).toBeUndefined()
  })

  test('on a machine in no cluster is refused with its place and what to do', async () => {
    const deps = depsFor(makeTree())
    const report = await applyWith(deps, SQUID, { kind: 'no-cluster' })
    expect(report.summary.outcome).toBe('refused')
    const port = createContextPort(deps, { applyContext, previewContext })
    const context = { name: 'test', digest: createHash('sha256').update(SQUID).digest('hex') }
    const answer = await port.preview(
      { type: 'propose', text: SQUID, context, isStrict: false },
      new AbortController().signal,
    )
    expect(answer).toMatchObject({
      type: 'proposal-refused',
      diagnostics: [
        {
          code: 'placeholder-without-cluster',
          message: 'This machine is in no cluster that could tell service head',
          hint: expect.stringContaining('machine of a cluster'),
          line: 5,
        },
      ],
    })
  })
})

describe.runIf(isRoot)('a script of a context with placeholders', () => {
  const script = (line: string) => `#!/bin/sh.after\necho ${line} >> /runs\nexit\n${SQUID}`

  test('runs once when they stand elsewhere, whatever the cluster tells', async () => {
    const root = makeShellTree()
    const deps = depsFor(root)
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1']) await applyWith(deps, script('run'), headAt(address))
    expect(readTree(root, FILE)).toContain('dst 10.0.0.1\n')
    expect(readTree(root, 'runs')).toBe('run\n')
  })

  test('runs again only when its own text has changed by them', async () => {
    const root = makeShellTree()
    const deps = depsFor(root)
    const text = script('{{cluster.name}}')
    const tell = (name: string, address: string) =>
      applyWith(deps, text, cluster({ 'cluster.name': name, 'service.head.address': address }))
    await tell('one', '10.0.0.1')
    await tell('one', '10.0.0.2')
    await tell('two', '10.0.0.2')
    await tell('two', '10.0.0.2')
    expect(readTree(root, 'runs')).toBe('one\ntwo\n')
  })

  test('does not run while its context waits', async () => {
    const root = makeShellTree()
    await applyWith(depsFor(root), script('run'), cluster({}))
    expect(existsSync(join(root, 'runs'))).toBe(false)
  })
})
