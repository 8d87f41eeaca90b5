import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MeshError } from '@muster/mesh/fault.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createMembership } from '@muster/vm-agent/mesh/membership.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const JOIN = `[muster]
cluster=clu_1
coordinator=12D3KooWEMFWm9FDxaHbXGrFXXKtbN7WBvVszyqtdYRCDRKrhRQz
issuer=12D3KooWQJX2nF5vTf7gEu1kWMBPDQa7pVq9h9Cs7uLKXFZ8Mgsb
addresses=/ip4/192.0.2.7/tcp/4001
token=0123456789abcdefghijABCDEFGHIJ0123456789abc
`

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-membership-'))
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

const write = async (text: string) => {
  await mkdir(join(root, 'etc/muster'), { recursive: true })
  await writeFile(join(root, 'etc/muster/join.conf'), text)
}

/** A membership whose network never comes up; `tries` are the moments at which it was wanted, and by which token. */
function startMembership() {
  const clock = createVirtualClock()
  const tries: { readonly at: number; readonly cluster: string }[] = []
  const membership = createMembership({
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    root,
    async open({ cluster }) {
      tries.push({ at: clock.monotonic(), cluster })
      throw new MeshError('unreachable', 'no address can be listened at', { hint: 'Choose another.' })
    },
    keepAnswers: async () => undefined,
  })
  const stop = new AbortController()
  const ended = membership.service.run({ signal: stop.signal, ready: () => undefined })
  return {
    clock,
    tries,
    membership,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

describe('the membership of a machine', () => {
  test('is nothing without a join file, and wants the network as soon as one is there', async () => {
    const { tries, membership, stop } = startMembership()
    expect(await membership.placeholders()).toEqual({ kind: 'no-cluster' })
    expect(membership.view()).toBeUndefined()
    await mkdir(join(root, 'etc'))
    await write(JOIN)
    await expect.poll(() => tries.length, { timeout: 30_000 }).toBe(1)
    await expect
      .poll(() => membership.view())
      .toMatchObject({ phase: 'trouble', code: 'unreachable', hint: 'Choose another.' })
    expect(await membership.placeholders()).toEqual({ kind: 'cluster', values: new Map(), known: [] })
    await stop()
  })

  test('is tried again with growing waits, and at once for another file', async () => {
    await write(JOIN)
    const { clock, tries, membership, stop } = startMembership()
    await expect.poll(() => membership.view()?.phase, { timeout: 30_000 }).toBe('trouble')
    for (let round = 0; round < 20 && tries.length < 5; round++) {
      await expect.poll(() => clock.pending, { timeout: 30_000 }).toBeGreaterThan(0)
      await clock.advance(20_000)
    }
    expect(tries.length).toBeGreaterThanOrEqual(5)
    await write(JOIN.replace('clu_1', 'clu_2'))
    // One more try for the old file may have been under way.
    await expect.poll(() => tries.at(-1)?.cluster, { timeout: 30_000 }).toBe('clu_2')
    await stop()
  })
})
