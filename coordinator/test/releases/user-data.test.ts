import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import { describe, expect, test } from 'vitest'
import { examineReleases } from '../../src/releases/examine.ts'
import { createReleaseFolder } from '../../src/releases/release-folder.ts'
import { createTestApp, textAt } from '../test-app.ts'
import { createTestReleases } from './test-releases.ts'

const CONTEXT = '[cernvm]\nusers=physicist:physicist:secretword\n'

async function createWorld() {
  const dist = createTestReleases()
  const releases = createReleaseFolder(dist.folder, [])
  const testApp = await createTestApp({ releases, publicUrl: 'https://muster.example' })
  const alice = await testApp.signUp('alice')
  const publish = async (name: string, format: string, body: string) => {
    const headers = { 'idempotency-key': name }
    return textAt(await alice.call('POST', '/api/v2/contexts', { headers, body: { name, format, body } }), 'id')
  }
  return { dist, testApp, alice, publish }
}

describe('user-data of the API', () => {
  test('names the coordinator as people reach it, the sum of the agent and the key of its release', async () => {
    const { dist, alice } = await createWorld()
    const { files } = await dist.publish('stable', { x64: 'agent' })
    const answer = await alice.call('POST', '/api/v2/user-data', { body: { format: 'cloud-config' } })
    expect(answer.status).toBe(200)
    const text = textAt(answer, 'text')
    for (const part of [
      '#cloud-config\n',
      "coordinator='https://muster.example'",
      files[0]?.sha256 ?? '',
      dist.signer.x,
    ]) {
      expect(text).toContain(part)
    }
    expect(answer.json).toMatchObject({ channel: 'stable', version: '0.2.0+abcdef0', sizeBytes: text.length })
  })

  test('takes a readable context along, of the asking account alone', async () => {
    const { dist, testApp, alice, publish } = await createWorld()
    await dist.publish('stable', { x64: 'agent' })
    const body = { format: 'script', context: { id: await publish('mine', 'plain', CONTEXT) } }
    const answer = await alice.call('POST', '/api/v2/user-data', { body })
    const { ini } = decodeContext(textAt(answer, 'text'))
    expect(ini.sections.get('cernvm')?.options.get('users')?.value).toBe('physicist:physicist:secretword')
    const mallory = await testApp.signUp('mallory')
    expect((await mallory.call('POST', '/api/v2/user-data', { body })).json['code']).toBe('not-found')
    const later = { ...body, context: { ...body.context, version: 2 } }
    expect((await alice.call('POST', '/api/v2/user-data', { body: later })).json['code']).toBe('not-found')
  })

  test.each<[string, (world: Awaited<ReturnType<typeof createWorld>>) => Promise<object>]>([
    ['no-release', async () => ({})],
    ['no-release', async ({ dist }) => (await dist.publish('stable', { x64: 'agent' })) && { channel: 'edge' }],
    [
      'release-broken',
      async ({ dist }) => {
        writeFileSync(join(dist.folder, 'channels/stable.jws'), 'eyJ')
        return {}
      },
    ],
    [
      'sealed-context',
      async ({ dist, publish }) => {
        await dist.publish('stable', { x64: 'agent' })
        const armored =
          '-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n-----END AGE ENCRYPTED FILE-----\n'
        return { context: { id: await publish('sealed', 'age', armored) } }
      },
    ],
    [
      'user-data-too-large',
      async ({ dist, publish }) => {
        await dist.publish('stable', { x64: 'agent' })
        return { context: { id: await publish('large', 'plain', `[cernvm]\nx=${'y'.repeat(16_384)}\n`) } }
      },
    ],
    ['invalid-user-data', async ({ dist }) => (await dist.publish('stable', { x64: 'a' })) && { mirrors: ['ftp://x'] }],
    ['invalid-user-data', async ({ dist }) => (await dist.publish('stable', { x64: 'a' })) && { join: '[muster]\n' }],
  ])('is refused as %s', async (code, prepare) => {
    const world = await createWorld()
    const body = { format: 'cloud-config', ...(await prepare(world)) }
    expect((await world.alice.call('POST', '/api/v2/user-data', { body })).json['code']).toBe(code)
  })
})

describe('the doctor', () => {
  test('reads every file of every channel', async () => {
    const dist = createTestReleases()
    const look = async () =>
      (await examineReleases({ folder: dist.folder, keysFile: undefined })).map(({ severity, detail }) => [
        severity,
        detail,
      ])
    expect(await examineReleases(undefined)).toMatchObject([{ severity: 'ok', detail: 'off' }])
    expect(await look()).toMatchObject([['warning', expect.stringContaining('no channel')]])
    const { files } = await dist.publish('stable', { x64: 'agent', arm64: 'other' })
    expect(await look()).toEqual([['ok', 'stable: 0.2.0+abcdef0, 2 files']])
    writeFileSync(join(dist.folder, 'sha256', files[0]?.sha256 ?? ''), 'tnega')
    expect(await look()).toMatchObject([['error', expect.stringContaining('another content')]])
    writeFileSync(join(dist.folder, 'channels/edge.jws'), 'half')
    expect((await look()).map(([severity]) => severity)).toEqual(['error', 'error'])
    const keys = await examineReleases({ folder: dist.folder, keysFile: join(dist.folder, 'missing') })
    expect(keys).toMatchObject([{ severity: 'error' }])
  })
})
