import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BARE_ENVIRONMENT, ENDS_WITH_TEST, MAIN } from '../agent-program.ts'
import { runAgent } from '../cli/agent-process.ts'
import { createRig, type Rig } from './cluster-rig.ts'

const patient = { timeout: 60_000, interval: 100 }

let rig: Rig
let root: string
let child: ChildProcess | undefined
let said = ''

beforeAll(async () => {
  rig = await createRig([
    { name: 'head', kind: 'singleton', ownsDemand: false },
    { name: 'worker', kind: 'scalable', ownsDemand: false },
  ])
})

afterAll(async () => {
  await rig.close()
}, 60_000)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-member-'))
  said = ''
})

afterEach(async () => {
  if (child !== undefined && child.exitCode === null) {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  await rm(root, { recursive: true, force: true })
})

async function writeJoinFile(text: string): Promise<void> {
  await mkdir(join(root, 'etc/muster'), { recursive: true })
  await writeFile(join(root, 'etc/muster/join.conf'), text, { mode: 0o600 })
}

async function startAgent(...args: readonly string[]): Promise<ChildProcess> {
  const config = join(root, 'agent.conf')
  await writeFile(config, 'dns_listen = off\n')
  const run = [process.execPath, MAIN, 'run', '--config', config, '--root', root, ...args]
  const [program = '', ...rest] = [...ENDS_WITH_TEST, ...run]
  child = spawn(program, rest, { env: BARE_ENVIRONMENT, stdio: 'pipe' })
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return child
}

async function status() {
  const { stdout } = await runAgent(['status', '--root', root, '--json'])
  return JSON.parse(stdout === '' ? '{}' : stdout).cluster
}

describe('an agent that has a join file and no coordinator', () => {
  test('is a member that nobody pairs: console and status say where it stands', async () => {
    await writeJoinFile(await rig.section({ service: 'worker', cloud: 'a', slot: 0, generation: 0 }, '127.0.0.5'))
    const agent = await startAgent()
    await expect.poll(status, patient).toMatchObject({ phase: 'member', cluster: 'clu_rig', members: 2 })
    await expect.poll(() => said, patient).toContain('Cluster: analysis (worker 0 in a, ')
    expect(said).toContain('This machine works in a cluster.')
    const { stdout } = await runAgent(['status', '--root', root])
    expect(stdout).toMatch(/^cluster: +analysis \(worker 0 in a, 2 members\)$/m)
    expect(said + stdout).not.toContain('PIN')
    agent.kill('SIGTERM')
    expect((await once(agent, 'close'))[0]).toBe(0)
    await expect
      .poll(() => rig.node.mesh.members().find(({ slot }) => slot.service === 'worker')?.status ?? 'left', patient)
      .toBe('left')
  }, 180_000)
})

describe('an agent whose join file is wrong', () => {
  test('goes on, and tells what is wrong with it', async () => {
    await writeJoinFile('[muster]\ncluster=clu_rig\n')
    const agent = await startAgent('--coordinator', 'http://127.0.0.1:9')
    await expect.poll(status, patient).toMatchObject({ phase: 'trouble', hint: expect.stringContaining('Correct it') })
    expect(said).toContain('NOT A MEMBER: /etc/muster/join.conf')
    expect(agent.exitCode).toBeNull()
  }, 120_000)
})
