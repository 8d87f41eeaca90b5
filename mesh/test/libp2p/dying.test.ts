import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { PeerId } from '../../src/admission/membership.ts'
import { attach, startHost } from './hosts.ts'

interface Child {
  readonly process: ChildProcess
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

async function startChild(): Promise<Child> {
  const program = fileURLToPath(new URL('host-child.ts', import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const line = await new Promise<string>((resolve) => lines.once('line', resolve))
  const { peer, addresses } = JSON.parse(line) as Omit<Child, 'process'>
  return { process: child, peer, addresses }
}

test('a killed process is noticed at once, a stopped one by its silence, and both only once', async () => {
  const host = await startHost()
  const members = new Set([host.self])
  const node = attach(host, members)
  const [killed, stopped] = await Promise.all([startChild(), startChild()])
  for (const { peer, addresses } of [killed, stopped]) {
    members.add(peer)
    node.link.transport.dial(peer, addresses)
  }
  await Promise.all([node.told('connected', killed.peer), node.told('connected', stopped.peer)])
  killed.process.kill('SIGKILL')
  stopped.process.kill('SIGSTOP')
  expect(await node.told('disconnected', killed.peer)).toMatchObject({ isAsked: false })
  expect(await node.told('disconnected', stopped.peer)).toMatchObject({ isAsked: false })
  const types = node.events.map(({ type }) => type)
  expect(types.filter((type) => type === 'disconnected')).toHaveLength(2)
  expect(types.filter((type) => type === 'connected')).toHaveLength(2)
})

test('a host that is stopped leaves in good order, and tells nobody anything afterwards', async () => {
  const hosts = [await startHost(), await startHost()] as const
  const members = new Set(hosts.map(({ self }) => self))
  const [left, right] = [attach(hosts[0], members), attach(hosts[1], members)]
  left.link.transport.dial(right.self, right.host.addresses())
  await Promise.all([left.told('connected'), right.told('connected')])
  await left.host.stop()
  expect(await right.told('disconnected', left.self)).toMatchObject({ isAsked: true })
  expect(left.events.map(({ type }) => type)).toEqual(['connected'])
  right.link.transport.dial(left.self, left.host.addresses())
  await right.told('dial-failed', left.self)
})
