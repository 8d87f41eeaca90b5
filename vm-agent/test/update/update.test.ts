import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createUpdateRig, type UpdateRig } from './update-rig.ts'

/** Agents start from source, one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 240_000 })
const patient = { timeout: 120_000, interval: 50 }

let rig: UpdateRig
beforeEach(async () => {
  rig = await createUpdateRig()
})
afterEach(() => rig.end())

const current = () => {
  const path = join(rig.versions, 'current')
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : 'baked'
}
const folders = () =>
  (existsSync(rig.versions) ? readdirSync(rig.versions) : []).filter(
    (name) => name !== 'download' && statSync(join(rig.versions, name)).isDirectory(),
  )

async function started(): Promise<void> {
  rig.start()
  await expect.poll(() => existsSync(join(rig.root, 'run/muster/update.json')), patient).toBe(true)
}

test('a newer version is fetched, tried, confirmed, and the one before is kept', async () => {
  rig.publish('1.0.0', 'works')
  await started()
  const first = await rig.run('update')
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(first.out).toContain('1.0.0 runs and is confirmed.')
  expect(current()).toMatch(/^1\.0\.0-[0-9a-f]{12}$/)
  expect(rig.starts.map(({ code }) => code)).toEqual([79, undefined])
  expect(statSync(join(rig.versions, current(), 'muster-agent')).mode & 0o777).toBe(0o700)
  rig.publish('1.1.0', 'works')
  expect((await rig.run('update', '--json')).code).toBe(0)
  rig.publish('1.2.0', 'works')
  expect((await rig.run('update')).code).toBe(0)
  expect(folders().sort()).toEqual([expect.stringMatching(/^1\.1\.0-/), expect.stringMatching(/^1\.2\.0-/)])
  expect(readdirSync(join(rig.versions, 'download'))).toEqual([])
  const again = await rig.run('update')
  expect(again.code).toBe(0)
  // It tells of the look only when that takes long enough to be seen.
  expect(again.out).toMatch(/^(looking for a new version …\n)?1\.2\.0 is what the channel offers\.\n$/)
  const status = await rig.run('status')
  expect(status.out).toMatch(/update: +1\.2\.0 is what the channel offers/)
})

test('a version that ends at once is tried three times, taken back, remembered, and told on the console', async () => {
  rig.publish('1.0.0', 'exits')
  await started()
  const ended = await rig.run('update')
  expect(ended).toMatchObject({ code: 1, err: '' })
  expect(ended.out).toContain('1.0.0 was tried and taken back: it did not stay up.')
  expect(rig.starts.map(({ code }) => code)).toEqual([79, 3, 3, 3, undefined])
  expect(current()).toBe('baked')
  expect(folders()).toEqual([])
  expect((await rig.run('status')).out).toMatch(/update: +1\.0\.0 .*it did not stay up/)
  await expect.poll(() => rig.console(), patient).toContain('Version 1.0.0 was tried and taken back')
  const again = await rig.run('update')
  expect(again.code).toBe(1)
  expect(again.out).toContain('1.0.0 is offered and not taken: it was tried here and taken back')
  expect(rig.starts).toHaveLength(5)
  rig.publish('1.0.1', 'works')
  expect((await rig.run('update')).code).toBe(0)
})

test('a version that hangs is ended by the launcher, and taken back', async () => {
  rig.publish('1.0.0', 'hangs')
  await started()
  const ended = await rig.run('update')
  expect(ended.out).toContain('1.0.0 was tried and taken back: it did not stay up.')
  expect(rig.starts.map(({ code }) => code)).toEqual([79, null, null, null, undefined])
  expect(current()).toBe('baked')
})

test('a version that cannot reach the coordinator, which the one before could, takes itself back', async () => {
  rig.publish('1.0.0', 'reaches-nobody')
  await started()
  const ended = await rig.run('update')
  expect(ended).toMatchObject({ code: 1, err: '' })
  expect(ended.out).toContain('it did not reach the coordinator, which the version before did')
  expect(rig.starts.map(({ code }) => code)).toEqual([79, 79, undefined])
  await expect
    .poll(() => rig.console(), patient)
    .toContain('Version 1.0.0 was tried and taken back, as it did not reach')
})

test('a version that says in its self-test that it cannot work here is never started', async () => {
  rig.publish('1.0.0', 'fails-self-test')
  await started()
  const ended = await rig.run('update')
  expect(ended).toMatchObject({ code: 1, err: '' })
  expect(ended.out).toContain('no, I do not like it here')
  expect(rig.starts).toHaveLength(1)
  expect(folders()).toEqual([])
})

test('what is not signed by a pinned key, older, of another channel or damaged is not taken', async () => {
  const [before, after] = [rig.makeKey('before'), rig.makeKey('after')]
  rig.pin(before)
  rig.publish('1.0.0', 'works', { key: 'after' })
  await started()
  const strange = await rig.run('update')
  expect(strange.code).toBe(69)
  expect(strange.err).toContain('not signed by a key that is pinned here')
  // Two keys overlap while one follows the other; then the old one counts no more.
  rig.pin(before, after)
  const stale = readFileSync(join(rig.dist, 'channels/stable.jws'))
  expect((await rig.run('update', '--check')).code).toBe(2)
  rig.pin(before)
  expect((await rig.run('update', '--check')).err).toContain('not signed by a key that is pinned here')
  rig.pin(after)
  rig.publish('1.1.0', 'works', { key: 'after' })
  rig.faults.isDamaged = true
  const damaged = await rig.run('update')
  expect(damaged.err).toContain('is not what the release says: its sum is another one')
  rig.faults.isDamaged = false
  writeFileSync(join(rig.dist, 'channels/stable.jws'), stale)
  const replayed = await rig.run('update')
  expect(replayed.code).toBe(1)
  expect(replayed.out).toContain('1.0.0 is offered and not taken: it is of')
  rig.publish('2.0.0', 'works', { key: 'after', channel: 'edge' })
  writeFileSync(join(rig.dist, 'channels/stable.jws'), readFileSync(join(rig.dist, 'channels/edge.jws')))
  expect((await rig.run('update')).err).toContain('asked for channel stable, this one was signed as edge')
  expect(rig.starts).toHaveLength(1)
})

test('a download that is cut goes on where it was', async () => {
  rig.publish('1.0.0', 'works')
  rig.faults.cutAfter = 70_000
  await started()
  const cut = await rig.run('update')
  expect(cut.code).toBe(69)
  const ended = await rig.run('update')
  expect(ended.out).toContain('1.0.0 runs and is confirmed.')
  expect(rig.asked.filter((path) => /^\/dist\/sha256\/\w+ bytes=[1-9]\d*-$/.test(path))).toHaveLength(1)
})

test('a frozen machine looks and tells, and one that only checks does as well', async () => {
  rig.publish('1.0.0', 'works')
  rig.configure('update_freeze = 2999-01-01')
  await started()
  const frozen = await rig.run('update')
  expect(frozen.code).toBe(2)
  expect(frozen.out).toContain('1.0.0 is offered; updates are frozen until 2999-01-01')
  rig.configure('update = check')
  rig.kill()
  await expect.poll(() => rig.starts.length, patient).toBe(2)
  await expect.poll(async () => (await rig.run('update')).out, patient).toContain('it is not installed')
  expect(folders()).toEqual([])
})

test('without an agent, a key or a server the command says what to do', async () => {
  rig.publish('1.0.0', 'works')
  expect(await rig.run('update')).toMatchObject({ code: 69, err: expect.stringContaining('no agent runs') })
  rig.pin()
  expect((await rig.run('update', '--check')).err).toMatch(/no release key is pinned[\s\S]*next: Write the public key/)
  rig.configure('update_channel = nightly')
  rig.pin(rig.makeKey('other'))
  expect((await rig.run('update', '--check')).err).toContain('has no channel nightly')
})
