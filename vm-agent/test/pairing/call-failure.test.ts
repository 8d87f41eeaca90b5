import { ApiError, unreachable } from '@muster/contexts/api/api-error.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import type { NetworkCard } from '@muster/vm-agent/facts/network-facts.ts'
import { callFailureOf, failureOn, troubleOf } from '@muster/vm-agent/pairing/call-failure.ts'
import { TROUBLE_HINTS } from '@muster/vm-agent/pairing/trouble.ts'
import { expect, test } from 'vitest'

function failedFetch(code: string): ApiError {
  const cause = Object.assign(new Error(code), { code })
  return unreachable('https://muster', new TypeError('fetch failed', { cause }))
}

test.each([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['CERT_NOT_YET_VALID', 'clock'],
  ['CERT_HAS_EXPIRED', 'clock'],
  ['EWHATEVER', 'unknown'],
])('a call that ends with %s is %s, with the code and a hint', (code, cause) => {
  const trouble = troubleOf(failedFetch(code))
  expect(trouble.cause).toBe(cause)
  expect(trouble.detail).toContain(code)
  expect(TROUBLE_HINTS[trouble.cause]).toMatch(/\.$/)
})

test.each([
  [407, 'proxy'],
  [511, 'proxy'],
  [429, 'busy'],
  [500, 'server'],
  [503, 'server'],
  [400, 'refuses'],
  [403, 'refuses'],
])('an answer %i is %s', (status, cause) => {
  expect(troubleOf(new ApiError('x', 'no', { status })).cause).toBe(cause)
})

test.each([
  ['EAI_AGAIN', 'no-network'],
  ['ENETUNREACH', 'no-network'],
  ['ETIMEDOUT', 'no-network'],
  ['ECONNREFUSED', 'refused'],
  ['CERT_NOT_YET_VALID', 'clock'],
])('a call of a machine without any address that ends with %s is %s', (code, cause) => {
  const failure = callFailureOf(failedFetch(code), createSeededRandom(1))
  expect(failureOn({ addresses: [], cards: [] }, failure)).toMatchObject({ trouble: { cause } })
  expect(failureOn({ addresses: ['192.0.2.1'], cards: [] }, failure)).toBe(failure)
})

test('a machine without any address names its network cards, and how far each is', () => {
  const failure = callFailureOf(failedFetch('ENETUNREACH'), createSeededRandom(1))
  const detail = (...cards: readonly NetworkCard[]) => {
    const told = failureOn({ addresses: [], cards }, failure)
    return told.kind === 'trouble' ? told.trouble.detail : ''
  }
  expect(detail()).toBe('This machine has no network address yet: it has no network card.')
  const mac = '52:54:00:12:34:56'
  expect(
    detail(
      { name: 'eth0', mac, isConnected: false },
      { name: 'eth1', mac: undefined, isConnected: true },
      { name: 'eth2', mac: undefined, isConnected: undefined },
    ),
  ).toBe(
    `This machine has no network address yet: eth0 (${mac}) is not connected; eth1 waits for an address; eth2 is switched off.`,
  )
})

test('name servers that are silent are told from a name that they do not know', () => {
  expect(troubleOf(failedFetch('EAI_AGAIN')).detail).toContain('No name server answers')
  expect(troubleOf(failedFetch('ENOTFOUND')).detail).toContain('is not known')
})

test('an answer of something else is not taken for an answer about the pairing', () => {
  const random = createSeededRandom(1)
  for (const code of ['bad-answer', 'redirected']) {
    const failure = callFailureOf(new ApiError(code, 'no', { status: 404 }), random)
    expect(failure).toMatchObject({ kind: 'trouble', trouble: { cause: 'not-muster' } })
  }
  for (const status of [401, 404, 409, 410]) {
    expect(callFailureOf(new ApiError('claim-ended', 'no', { status }), random)).toEqual({ kind: 'gone' })
  }
})

test('the wait that the coordinator asks for is passed on', () => {
  expect(troubleOf(new ApiError('slow-down', 'no', { status: 429, retryAfterMs: 7000 })).retryAfterMs).toBe(7000)
})

test('a bug is not taken for trouble', () => {
  expect(() => callFailureOf(new RangeError('bug'), createSeededRandom(1))).toThrow(RangeError)
})
