import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { createLab, type Lab, type LabHost } from './lab.ts'
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
    expect(await ask(inside, outside.address)).toContain('10.77.1.1')
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
