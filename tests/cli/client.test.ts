import { createApiClient } from '@muster/contexts/api/client.ts'
import { readEvents } from '@muster/contexts/api/events.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, signUp } from '../running/account.ts'
import { failureCode } from '../running/claim.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'

let coordinator: CoordinatorHere
let alice: Person
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  alice = await signUp(coordinator.url, 'alice')
})
afterAll(() => coordinator.stop())

const PLAIN = { description: '', note: '', format: 'plain', body: '[cernvm]\n' } as const

describe('the client at a real coordinator', () => {
  test('reads what it is, without a sign-in', async () => {
    const stranger = createApiClient({
      baseUrl: coordinator.url,
      random: systemRandom,
      fetch: (url, init) => fetch(url, init),
    })
    expect(await stranger.meta()).toMatchObject({ name: 'muster', apiVersions: ['v2'] })
    expect(await failureCode(stranger.accounts.session())).toBe('not-signed-in')
  })

  test('lists, makes and revokes tokens', async () => {
    const { token, info } = await alice.api.accounts.createToken({
      name: 'reader',
      scopes: ['contexts:read'],
      expiresInDays: 1,
    })
    expect((await alice.api.accounts.listTokens()).items).toContainEqual(info)
    const reader = createApiClient({
      baseUrl: coordinator.url,
      random: systemRandom,
      fetch: (url, init) => fetch(url, init),
      token: new Secret(token),
    })
    expect(await reader.accounts.session()).toMatchObject({ scopes: ['contexts:read'] })
    expect(await failureCode(reader.contexts.create({ name: 'no', ...PLAIN }))).toBe('scope-missing')
    await alice.api.accounts.revokeToken(info.id)
    expect(await failureCode(reader.accounts.session())).toBe('not-signed-in')
  })

  test('changes a context with its validator, and is told the current one when it is stale', async () => {
    const { value, etag } = await alice.api.contexts.create({ name: 'tagged', ...PLAIN })
    const changed = await alice.api.contexts.change(value.id, { description: 'new' }, etag)
    expect(changed.etag).not.toBe(etag)
    const stale = alice.api.contexts.change(value.id, { description: 'newer' }, etag)
    await expect(stale).rejects.toMatchObject({ code: 'precondition-failed', status: 412, etag: changed.etag })
    await alice.api.contexts.publish(value.id, { format: 'plain', body: '[cernvm]\nx=1\n', note: '' }, changed.etag)
    expect((await alice.api.contexts.listVersions(value.id)).items.map(({ version }) => version)).toEqual([2, 1])
  })

  test('hears events as they happen, and those that it missed', async () => {
    const enough = new AbortController()
    const options = { clock: systemClock, signal: enough.signal, after: 0 }
    const seen: string[] = []
    const stream = readEvents(alice.api.requester, options)
    for await (const item of stream) {
      if (item.type !== 'event') continue
      seen.push(item.event.type)
      if (item.event.type === 'account-created') await alice.api.contexts.create({ name: 'heard', ...PLAIN })
      if (item.event.type === 'context-created' && item.event.data['name'] === 'heard') break
    }
    enough.abort()
    expect(seen[0]).toBe('account-created')
    expect(seen.at(-1)).toBe('context-created')
  })
})
