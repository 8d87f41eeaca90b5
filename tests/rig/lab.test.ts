import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { PROJECT_ROOT } from '../program.ts'
import { until } from '../until.ts'
import { slowLinkMissing, wanAddress } from './backbone.ts'
import { createLab, type Lab, type LabHost } from './lab.ts'
import type { LinkRule } from './link-rule.ts'
import { labMissing } from './namespaces.ts'

const missing = labMissing()
let lab: Lab | undefined

afterEach(async () => {
  await lab?.remove()
  lab = undefined
})

/** A server on a host that says how each of its connections looks from there. */
async function serve(host: LabHost): Promise<void> {
  const script = `require('http').createServer((q,s)=>s.end(q.socket.remoteAddress)).listen(8080,()=>console.log('up'))`
  const program = host.start(process.execPath, ['-e', script])
  await until('a server in the lab', () => (program.stdout().includes('up') ? true : undefined))
}

/** What the server at an address answers, or `nothing` within a second. */
async function ask(from: LabHost, address: string): Promise<string> {
  const script = `fetch('http://${address}:8080',{signal:AbortSignal.timeout(1000)}).then(r=>r.text()).then(t=>t,()=>'nothing').then(t=>{console.log(t);process.exit()})`
  return (await from.start(process.execPath, ['-e', script]).ended).stdout.trim()
}

/** A datagram that arrived. */
interface Arrival {
  readonly number: number
  /** On its way, in milliseconds. */
  readonly tookMs: number
}

/** Numbered datagrams from one host to the other, without end. @returns those that have arrived, in that order */
async function stream(from: LabHost, to: LabHost): Promise<() => readonly Arrival[]> {
  const program = join(PROJECT_ROOT, 'tests/rig/datagram-stream.ts')
  const receiver = to.start(process.execPath, [program, 'receive'])
  await until('a receiver in the lab', () => (receiver.stdout().includes('listening') ? true : undefined))
  from.start(process.execPath, [program, 'send', to.address])
  return () => {
    // The last line may be incomplete.
    const lines = receiver.stdout().split('\n').slice(1, -1)
    return lines.map((line) => {
      const [number = '', tookMs = ''] = line.split(' ')
      return { number: Number(number), tookMs: Number(tookMs) }
    })
  }
}

/** Whether anything arrives that is as wanted. */
async function arrives(
  arrivals: () => readonly Arrival[],
  what: string,
  isWanted: (one: Arrival, before: readonly Arrival[]) => boolean,
  after = 0,
): Promise<void> {
  const look = () => {
    const all = arrivals()
    return all.some((one, index) => index >= after && isWanted(one, all.slice(0, index))) ? true : undefined
  }
  await until(what, look)
}

/** Network cards outside of the lab, and namespaces of this process. */
function networkOutside(): { readonly links: string; readonly namespaces: string } {
  const say = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' }).stdout
  const own = say('netns', 'list')
    .split('\n')
    .filter((line) => line.startsWith(`muster-${process.pid}-`))
  return { links: say('-brief', 'link'), namespaces: own.join('\n') }
}

describe.skipIf(missing !== undefined)('a lab of network namespaces', () => {
  test('routes between its clouds, cuts links in one or both directions, and heals', async () => {
    lab = createLab([{ name: 'a' }, { name: 'b' }])
    const one = lab.addHost('a', 'one')
    const two = lab.addHost('b', 'two')
    const near = lab.addHost('a', 'near')
    await serve(one)
    expect(await ask(two, one.address)).toContain(two.address)
    lab.splitClouds()
    expect(await ask(two, one.address)).toBe('nothing')
    expect(await ask(near, one.address)).toContain(near.address)
    lab.heal()
    expect(await ask(two, one.address)).toContain(two.address)
    lab.cutOneWay(one, near)
    expect(await ask(near, one.address)).toBe('nothing')
    expect(await ask(two, one.address)).toContain(two.address)
    lab.unplug(one)
    expect(await ask(two, one.address)).toBe('nothing')
    lab.heal()
    lab.setLoss(1)
    expect(await ask(near, one.address)).toBe('nothing')
    lab.heal()
    expect(await ask(near, one.address)).toContain(near.address)
    expect(one.receivedBytes()).toBeGreaterThan(0)
  })

  test('lets hosts behind NAT out, and nobody in', async () => {
    lab = createLab([{ name: 'a' }, { name: 'home', isBehindNat: true }])
    const outside = lab.addHost('a', 'outside')
    const inside = lab.addHost('home', 'inside')
    await serve(outside)
    await serve(inside)
    expect(await ask(inside, outside.address)).toContain(wanAddress(2))
    expect(await ask(outside, inside.address)).toBe('nothing')
  })

  test('is not visible outside, and leaves nothing behind', async () => {
    const before = networkOutside()
    lab = createLab([{ name: 'a' }])
    lab.addHost('a', 'one')
    expect(networkOutside().links).toBe(before.links)
    await lab.remove()
    lab = undefined
    expect(networkOutside()).toEqual(before)
  })
})

const NO_FAULT: LinkRule = { delayMs: 0, jitterMs: 0, lossShare: 0, duplicateShare: 0, reorderShare: 0 }
/** So many arrivals show that a delay is kept. */
const MANY = 100

describe.skipIf(missing !== undefined || slowLinkMissing() !== undefined)(
  'the link between the clouds of a lab',
  () => {
    const longest = (all: readonly Arrival[]) => Math.max(...all.map(({ tookMs }) => tookMs))
    const shortest = (all: readonly Arrival[]) => Math.min(...all.map(({ tookMs }) => tookMs))

    test('holds what passes, in both directions, until it is to be fast again; inside of a cloud nothing is held', async () => {
      lab = createLab([{ name: 'a' }, { name: 'b' }])
      const [one, near, two, far] = [
        lab.addHost('a', 'one'),
        lab.addHost('a', 'near'),
        lab.addHost('b', 'two'),
        lab.addHost('b', 'far'),
      ]
      await lab.setLink({ ...NO_FAULT, delayMs: 300, jitterMs: 100 })
      const [there, back, inside] = [await stream(one, two), await stream(far, near), await stream(two, far)]
      for (const arrivals of [there, back]) {
        await until('datagrams', () => (arrivals().length >= MANY ? true : undefined))
        expect(shortest(arrivals())).toBeGreaterThanOrEqual(200)
        expect(longest(arrivals())).toBeGreaterThan(300)
      }
      await arrives(inside, 'a fast datagram', ({ tookMs }) => tookMs < 200)
      lab.heal()
      const seen = there().length
      await until('more datagrams', () => (there().length > seen + MANY ? true : undefined))
      expect(shortest(there())).toBeGreaterThanOrEqual(200)
      await lab.setLink(undefined)
      await arrives(there, 'a fast datagram between clouds', ({ tookMs }) => tookMs < 200)
    })

    test('loses some, doubles some, and lets some overtake others', async () => {
      lab = createLab([{ name: 'a' }, { name: 'b' }])
      const [one, two] = [lab.addHost('a', 'one'), lab.addHost('b', 'two')]
      await lab.setLink({ ...NO_FAULT, delayMs: 20, duplicateShare: 0.1, lossShare: 0.1 })
      const arrivals = await stream(one, two)
      await arrives(arrivals, 'a datagram twice', ({ number }, before) =>
        before.some((other) => other.number === number),
      )
      await arrives(
        arrivals,
        'a gap',
        ({ number }, before) => number > Math.max(-1, ...before.map((one) => one.number)) + 1,
      )
      await lab.setLink({ ...NO_FAULT, delayMs: 200, reorderShare: 0.1 })
      const isOvertaken = ({ number }: Arrival, before: readonly Arrival[]) => before.some((one) => one.number > number)
      await arrives(arrivals, 'a datagram that others overtook', isOvertaken, arrivals().length)
      await lab.setLink({ ...NO_FAULT, lossShare: 1 })
      const isSilent = async () => {
        const count = arrivals().length
        // It waits a second for an answer.
        const answer = await ask(two, one.address)
        return answer === 'nothing' && arrivals().length === count ? true : undefined
      }
      await until('silence', isSilent)
    })
  },
)
