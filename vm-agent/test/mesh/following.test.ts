import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { readStandingContext } from '@muster/vm-agent/apply/standing-context.ts'
import { readKeptAnswers } from '@muster/vm-agent/mesh/kept-answers.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRig, type Rig, type RigMachine } from './cluster-rig.ts'

const patient = { timeout: 60_000, interval: 50 }
const slotOf = (service: string, generation: number) => ({ service, cloud: 'a', slot: 0, generation })

let rig: Rig
let port: number
const servers: Server[] = []

/** A small server at a loopback address. */
async function serve(host: string, at: number): Promise<number> {
  const server = createServer((socket) => socket.end()).listen(at, host)
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function applyTo({ cluster }: RigMachine, text: string) {
  const digest = createHash('sha256').update(text).digest('hex')
  const context = { name: 'test', digest }
  return cluster.gate.applyContext(cluster.applyDeps, { text, context, isStrict: false, waitSeconds: 10 })
}

const fileOf = (machine: RigMachine, path: string) => readFile(join(machine.root, path), 'utf8').catch(() => '')
const phaseOf = (machine: RigMachine) => machine.cluster.membership.view()?.phase

beforeAll(async () => {
  port = await serve('127.0.0.2', 0)
  await serve('127.0.0.3', port)
  rig = await createRig([
    { name: 'head', kind: 'singleton', ownsDemand: false, provides: [{ name: 'http', port, probe: { type: 'tcp' } }] },
    { name: 'worker', kind: 'scalable', ownsDemand: false },
  ])
}, 60_000)

afterAll(async () => {
  await rig.close()
  for (const server of servers) server.close()
}, 60_000)

describe('a machine whose context names a service of its cluster', () => {
  const context = (section: string) => `[amiconfig]
plugins=squid
disabled_plugins=cernvm rootsshkeys
[squid]
backends={{service.head.address}}
cache_dir=/srv/{{cluster.name}}-{{self.service}}-{{self.slot}}
${section}`

  test('joins by it, waits for the service, is configured when that comes, and follows it to another machine', async () => {
    const worker = await rig.machine('worker')
    expect(phaseOf(worker)).toBeUndefined()
    const report = await applyTo(worker, context(await rig.section(slotOf('worker', 0), '127.0.0.9')))
    expect(report.summary.outcome).toBe('waiting')
    expect(report.waitingFor).toContain('service head')
    expect(await fileOf(worker, 'etc/squid/cernvm.conf')).toBe('')
    await expect.poll(() => phaseOf(worker), patient).toBe('member')

    const first = await rig.machine('first')
    await applyTo(first, await rig.section(slotOf('head', 0), '127.0.0.2'))
    const config = () => fileOf(worker, 'etc/squid/cernvm.conf')
    await expect.poll(config, patient).toContain('acl backend dst 127.0.0.2\n')
    expect(await config()).toContain('cache_dir ufs /srv/analysis-worker-0 ')
    expect(worker.cluster.replanning.standing()).toMatchObject({ context: 'test' })
    await expect.poll(() => worker.cluster.replanning.standing()?.waitingFor, patient).toEqual([])

    const second = await rig.machine('second')
    await applyTo(second, await rig.section(slotOf('head', 1), '127.0.0.3'))
    await first.stop()
    await expect.poll(config, patient).toContain('acl backend dst 127.0.0.3\n')
    const state = join(worker.root, 'var/lib/muster')
    await expect
      .poll(async () => (await readStandingContext(state))?.values?.['service.head.address'], patient)
      .toBe('127.0.0.3')
    expect((await stat(join(state, 'context.json'))).mode & 0o777).toBe(0o600)
    const kept = await readKeptAnswers({ root: worker.root, stateDirectory: state })
    expect(kept.kind === 'cluster' && kept.values.get('service.head.http')).toBe(`127.0.0.3:${port}`)
    const shown = JSON.parse(await fileOf(worker, 'run/muster/cluster.json'))
    expect(shown).toMatchObject({ phase: 'member', cluster: 'clu_rig', context: { context: 'test', waitingFor: [] } })
  }, 180_000)
})

describe('a join file that cannot be used', () => {
  test('is trouble that the view tells, and a correct one heals it', async () => {
    const machine = await rig.machine('broken')
    const path = join(machine.root, 'etc/muster/join.conf')
    await applyTo(machine, await rig.section(slotOf('worker', 1), '127.0.0.8'))
    await expect.poll(() => phaseOf(machine), patient).toBe('member')
    const good = await readFile(path, 'utf8')
    await writeFile(path, good.replace(/^issuer=.*$/m, 'issuer=nobody'))
    await expect.poll(() => phaseOf(machine), patient).toBe('trouble')
    const view = machine.cluster.membership.view()
    expect(view).toMatchObject({ code: 'bad-join-file', message: expect.stringContaining('line 4: This is no PeerId') })
    await writeFile(path, good)
    await expect.poll(() => phaseOf(machine), patient).toBe('member')
    await rm(path)
    await expect.poll(() => phaseOf(machine), patient).toBeUndefined()
    expect(await machine.cluster.membership.placeholders()).toEqual({ kind: 'no-cluster' })
    await machine.stop()
  }, 120_000)
})
