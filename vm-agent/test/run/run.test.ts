import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refuseJournal } from '@muster/vm-agent/console/journal-guard.ts'
import { savePairingRecord } from '@muster/vm-agent/identity/pairing-record.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BARE_ENVIRONMENT, ENDS_WITH_TEST, MAIN } from '../agent-program.ts'

interface Agent {
  readonly child: ChildProcess
  readonly said: { out: string; err: string }
  readonly ended: Promise<number | null>
}

let root: string
let stateDir: string
const agents: Agent[] = []
const servers: Server[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-run-'))
  stateDir = join(root, 'var/lib/muster')
})

afterEach(async () => {
  for (const { child, ended } of agents.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  for (const server of servers.splice(0)) server.close()
  await rm(root, { recursive: true, force: true })
})

function startAgent(...args: readonly string[]): Agent {
  const [program = '', ...rest] = [...ENDS_WITH_TEST, process.execPath, MAIN, ...args]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: BARE_ENVIRONMENT })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const agent = { child, said, ended }
  agents.push(agent)
  return agent
}

/** Something that answers HTTP, but is no coordinator. */
async function startStranger(): Promise<string> {
  const server = createServer((_, reply) => reply.end('hello'))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const patient = { timeout: 30_000 }

describe('muster-agent run', () => {
  test('without a coordinator is a configuration error that says how to name one', async () => {
    const config = join(root, 'agent.conf')
    await writeFile(config, '')
    const { ended, said } = startAgent('run', '--config', config, '--root', root)
    expect(await ended).toBe(78)
    expect(said.err).toContain('coordinator = https://')
  })

  test('says on its console what is wrong, and ends with 0 when asked to stop', async () => {
    const url = await startStranger()
    const agent = startAgent('run', '--coordinator', url, '--root', root)
    await expect.poll(() => agent.said.out, patient).toContain('is not a Muster coordinator')
    agent.child.kill('SIGTERM')
    expect(await agent.ended).toBe(0)
    expect(agent.said.out).toContain('The agent has stopped')
    for (const line of agent.said.err.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg')
  })

  test('takes a console by path and leaves standard output alone', async () => {
    const path = join(root, 'console')
    const agent = startAgent('run', '--coordinator', await startStranger(), '--root', root, '--console', path)
    await expect.poll(() => readFile(path, 'utf8').catch(() => ''), patient).toContain('Muster on')
    agent.child.kill('SIGTERM')
    await agent.ended
    expect(agent.said.out).toBe('')
  })

  test('refuses a damaged pairing with what to do, before anything is shown', async () => {
    await mkdir(stateDir, { recursive: true })
    await writeFile(join(stateDir, 'machine.json'), '{')
    const { ended, said } = startAgent('run', '--coordinator', 'http://127.0.0.1:9', '--root', root)
    expect(await ended).toBe(78)
    expect(said.err).toMatch(/machine\.json is damaged[\s\S]*paired again/)
    expect(said.out).toBe('')
  })
})

describe('two agents on one state directory', () => {
  const start = (url: string) => startAgent('run', '--coordinator', url, '--root', root)
  const isUp = (agent: Agent) => expect.poll(() => agent.said.out, patient).toContain('Muster on')

  test('do not fight: the second says who holds it and ends with 75, and the first goes on', async () => {
    const url = await startStranger()
    const first = start(url)
    await isUp(first)
    const second = start(url)
    expect(await second.ended).toBe(75)
    expect(second.said.err).toContain(
      `another agent runs on ${stateDir}: process ${first.child.pid} (muster-agent run)`,
    )
    expect(second.said.err).toContain('--state DIR')
    expect(second.said.out).toBe('')
    const status = startAgent('status', '--root', root)
    expect(await status.ended).toBe(0)
    expect(status.said.out).toMatch(new RegExp(`^agent: +runs as process ${first.child.pid}$`, 'm'))
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    const after = startAgent('status', '--root', root, '--json')
    expect(await after.ended).toBe(0)
    expect(JSON.parse(after.said.out)).toMatchObject({ agentPid: null })
  })

  test('that was killed leaves the directory free at once', async () => {
    const url = await startStranger()
    const first = start(url)
    await isUp(first)
    first.child.kill('SIGKILL')
    await first.ended
    await isUp(start(url))
  })
})

describe('a console that is the journal', () => {
  test('is refused, since the PIN must not be kept there', async () => {
    const file = await open(join(root, 'journal'), 'w')
    try {
      const { dev, ino } = await file.stat()
      expect(() => refuseJournal(`${dev}:${ino}`, file.fd)).toThrow(/must not be there/)
      expect(() => refuseJournal(`${dev}:${ino + 1}`, file.fd)).not.toThrow()
      expect(() => refuseJournal(undefined, file.fd)).not.toThrow()
    } finally {
      await file.close()
    }
  })
})

describe('muster-agent pair', () => {
  const record = {
    coordinatorUrl: 'https://muster.example.org',
    machineId: 'mch_01jd0000000000000000000000',
    machineToken: 'msm_x',
    owner: { accountId: 'acc_01jd0000000000000000000000', login: 'alice' },
    pairedAt: 0,
  }

  test('asks before it ends a pairing', async () => {
    await savePairingRecord(stateDir, record)
    const { ended, said } = startAgent('pair', '--root', root)
    expect(await ended).toBe(1)
    expect(said.err).toMatch(/belongs to alice[\s\S]*pair --yes/)
    expect(await readdir(stateDir)).toEqual(['machine.json'])
  })

  test('ends it when told to, leaves a request for the agent, and says what happens next', async () => {
    await savePairingRecord(stateDir, record)
    const { ended, said } = startAgent('pair', '--root', root, '--yes')
    expect(await ended).toBe(0)
    expect(said.out).toMatch(/not belong to alice any more[\s\S]*new PIN/)
    expect(await readdir(stateDir)).toEqual(['pair.request'])
  })

  test('heals a damaged pairing when told to', async () => {
    await mkdir(stateDir, { recursive: true })
    await writeFile(join(stateDir, 'machine.json'), '{')
    expect(await startAgent('pair', '--root', root).ended).toBe(1)
    expect(await startAgent('pair', '--root', root, '--yes').ended).toBe(0)
    expect(await readdir(stateDir)).toEqual(['pair.request'])
  })
})
