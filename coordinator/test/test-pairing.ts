import { systemClock } from '@muster/runtime/clock.ts'
import { expect } from 'vitest'
import { type Call, createCall, type TestApp, type TestPerson, textAt } from './test-app.ts'

export const FACTS = {
  hostname: 'vm-1',
  os: 'Debian 12',
  architecture: 'x86_64',
  cpus: 2,
  memoryMiB: 2048,
  addresses: ['192.0.2.10'],
  agentVersion: '0.1.0',
  bootedAt: '2026-11-22T11:59:00Z',
}
export const PUBLIC_KEY = 'A'.repeat(43)

/** An unpaired machine that has its locator. */
export interface TestAgent {
  readonly pairingId: string
  readonly locator: string
  readonly call: Call
  readonly path: string
  readonly token: string
}

/** Longest that requests may take to reach their wait, in real time: a database server answers in its own time. */
const WAITING_WITHIN_MS = 10_000

/** Resolves when so many long polls wait on the test's clock. */
export async function untilWaiting({ clock }: TestApp, count = 1): Promise<void> {
  const deadline = systemClock.monotonic() + WAITING_WITHIN_MS
  while (clock.pending < count && systemClock.monotonic() < deadline) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(clock.pending, 'requests that wait').toBeGreaterThanOrEqual(count)
}

/** A machine asks for a PIN. */
export async function issuePairing(
  test: TestApp,
  options: { readonly from?: string; readonly publicKey?: string; readonly hostname?: string } = {},
): Promise<TestAgent> {
  const { from, publicKey = PUBLIC_KEY, hostname = FACTS.hostname } = options
  const body = { facts: { ...FACTS, hostname }, agentPublicKey: publicKey }
  const issued = await test.call('POST', '/api/v2/pairings', { body, ...(from === undefined ? {} : { from }) })
  expect(issued.status).toBe(201)
  const pairingId = textAt(issued, 'pairingId')
  return {
    pairingId,
    locator: textAt(issued, 'locator'),
    call: createCall(test.app, { authorization: `Bearer ${textAt(issued, 'agentToken')}` }),
    path: `/api/v2/pairings/${pairingId}`,
    token: textAt(issued, 'agentToken'),
  }
}

/** A person claims it. @returns the claim's id */
export async function claimPairing(person: TestPerson, agent: TestAgent): Promise<string> {
  const claimed = await person.call('POST', '/api/v2/pairings/claim', { body: { locator: agent.locator } })
  expect(claimed.status).toBe(201)
  return textAt(claimed, 'claimId')
}

/** A machine that belongs to a person. */
export interface TestMachine {
  readonly id: string
  readonly call: Call
}

/** Goes all the way from PIN to machine. */
export async function pairMachine(
  test: TestApp,
  person: TestPerson,
  options: { readonly publicKey?: string; readonly hostname?: string } = {},
): Promise<TestMachine> {
  const agent = await issuePairing(test, options)
  const claimId = await claimPairing(person, agent)
  const done = await agent.call('POST', `${agent.path}/complete`, { body: { claimId } })
  expect(done.status).toBe(201)
  return {
    id: textAt(done, 'machineId'),
    call: createCall(test.app, { authorization: `Bearer ${textAt(done, 'machineToken')}` }),
  }
}

/** What a machine reports. */
export function statusBody(change: Readonly<Record<string, unknown>> = {}) {
  return { state: 'configured', hostname: 'vm-1', addresses: ['192.0.2.10'], agentVersion: '0.1.0', ...change }
}
