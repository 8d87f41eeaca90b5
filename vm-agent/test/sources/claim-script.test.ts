import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '@muster/runtime/log.ts'
import { claimScript, type ScriptOwner } from '@muster/vm-agent/sources/claim-script.ts'
import { beforeEach, expect, test } from 'vitest'
import { temporaryDirectory } from '../apply/tree-fixture.ts'

const RAW = '#!/bin/sh.before\necho hello\nexit 0\n[squid]\n'

let root: string
let instance: string

beforeEach(() => {
  root = temporaryDirectory()
  instance = join(root, 'var/lib/cloud/instances/i-1')
  mkdirSync(join(instance, 'scripts'), { recursive: true })
  mkdirSync(join(instance, 'sem'))
  symlinkSync('/var/lib/cloud/instances/i-1', join(root, 'var/lib/cloud/instance'))
})

/** As cloud-init does at each boot. */
const consume = () => writeFileSync(join(instance, 'scripts/part-001'), RAW, { mode: 0o700 })
/** As it does before it runs scripts, once for each instance. */
const begin = () => writeFileSync(join(instance, 'sem/config_scripts_user'), '')
const scripts = () => readdirSync(join(instance, 'scripts'))

function claim(before?: ScriptOwner, isGuarded = false): Promise<ScriptOwner> {
  return claimScript({ root, log: silentLog }, { raw: RAW, isGuarded, rest: '[squid]\n' }, before)
}

test('the agent takes the script from cloud-init before that runs scripts', async () => {
  consume()
  writeFileSync(join(instance, 'scripts/other'), '#!/bin/sh\n', { mode: 0o700 })
  expect(await claim()).toBe('agent')
  expect(scripts()).toEqual(['other'])
})

test('cloud-init keeps the script when it has begun to run scripts', async () => {
  consume()
  begin()
  expect(await claim()).toBe('cloud-init')
  expect(scripts()).toEqual(['part-001'])
  expect(await claim('cloud-init')).toBe('cloud-init')
})

test('what was decided stays so, and cloud-init gets no second chance at the next boot', async () => {
  consume()
  expect(await claim()).toBe('agent')
  consume()
  expect(await claim('agent')).toBe('agent')
  expect(scripts()).toEqual([])
  consume()
  begin()
  expect(await claim('agent')).toBe('agent')
})

test('a script that looks who runs it is left in its place: cloud-init may run it', async () => {
  consume()
  begin()
  expect(await claim(undefined, true)).toBe('agent')
  expect(scripts()).toEqual(['part-001'])
})

test('without cloud-init, or when it has made no script of the text, the agent runs it', async () => {
  begin()
  expect(await claim()).toBe('agent')
  expect(existsSync(join(instance, 'muster-script'))).toBe(false)
})
