import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Secret } from '@muster/contexts/secret.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FILES, MAX_REMEMBERED } from '../../src/keeping/kept-files.ts'
import { openMeshKeeping } from '../../src/keeping/open-keeping.ts'
import { identityOf, START } from '../admission/cluster.ts'
import { keepingParts, newFolder } from './folder.ts'

const TOKEN = new Secret('t'.repeat(43))
const peer = identityOf(5).peer
const modeOf = (path: string) => lstatSync(path).mode & 0o777

async function filledFolder(): Promise<string> {
  const folder = newFolder()
  const keeping = await openMeshKeeping(folder, keepingParts())
  await keeping.seed()
  await keeping.keepToken(TOKEN)
  await keeping.saveDocuments({ certificate: 'a.b.c', definition: 'd.e.f', revocations: ['g.h.i', 'j.k.l'] })
  await keeping.saveRemembered([{ peer, addresses: ['/ip4/127.0.0.1/tcp/1'], lastSeenAt: START }])
  await keeping.nextBootId(START)
  await (await keeping.journal()).load()
  return folder
}

describe('the folder of a mesh node', () => {
  test('gives back what was saved, to the next opening too, and is for its owner only', async () => {
    const folder = await filledFolder()
    const keeping = await openMeshKeeping(folder, keepingParts(2))
    expect(keeping.documents()).toEqual({
      certificate: 'a.b.c',
      definition: 'd.e.f',
      revocations: ['g.h.i', 'j.k.l'],
    })
    expect(keeping.remembered()).toEqual([{ peer, addresses: ['/ip4/127.0.0.1/tcp/1'], lastSeenAt: START }])
    expect(keeping.token()?.reveal()).toBe(TOKEN.reveal())
    expect(modeOf(folder)).toBe(0o700)
    expect(readdirSync(folder).map((name) => [name, modeOf(join(folder, name))])).toEqual(
      readdirSync(folder).map((name) => [name, 0o600]),
    )
    expect(readdirSync(folder)).toHaveLength(Object.keys(FILES).length - 1)
  })

  test('starts empty', async () => {
    const keeping = await openMeshKeeping(newFolder(), keepingParts())
    expect(keeping.documents()).toEqual({ certificate: undefined, definition: undefined, revocations: [] })
    expect(keeping.remembered()).toEqual([])
    expect(keeping.token()).toBeUndefined()
  })

  test('draws one key, whoever asks for it and however often', async () => {
    const folder = newFolder()
    const keepings = await Promise.all([1, 2, 3, 4].map((seed) => openMeshKeeping(folder, keepingParts(seed))))
    const seeds = await Promise.all([...keepings, ...keepings].map((keeping) => keeping.seed()))
    expect(new Set(seeds.map((seed) => Buffer.from(seed).toString('hex'))).size).toBe(1)
    expect(seeds[0]).toHaveLength(32)
  })

  test('counts its starts up, also when the clock was set back', async () => {
    const folder = newFolder()
    const ids: number[] = []
    for (const now of [START, START + 5, START - 1_000_000, START + 3, START + 100]) {
      ids.push(await (await openMeshKeeping(folder, keepingParts())).nextBootId(now))
    }
    expect(ids).toEqual([START, START + 5, START + 6, START + 7, START + 100])
  })

  test('removes a document that is taken back, and leaves the others', async () => {
    const folder = await filledFolder()
    const keeping = await openMeshKeeping(folder, keepingParts())
    await keeping.saveDocuments({ certificate: undefined })
    expect((await openMeshKeeping(folder, keepingParts())).documents()).toMatchObject({
      certificate: undefined,
      definition: 'd.e.f',
    })
  })

  test('forgets the characters of a token that was used, and takes it from nobody again', async () => {
    const folder = await filledFolder()
    const keeping = await openMeshKeeping(folder, keepingParts())
    await keeping.forgetToken(TOKEN)
    const after = await openMeshKeeping(folder, keepingParts())
    await after.keepToken(TOKEN)
    expect([after.token(), after.isTokenUsed(TOKEN), after.isTokenUsed(new Secret('x'.repeat(43)))]).toEqual([
      undefined,
      true,
      false,
    ])
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(TOKEN.reveal())
    }
  })

  test('takes a new token in place of one that was used', async () => {
    const folder = await filledFolder()
    const keeping = await openMeshKeeping(folder, keepingParts())
    const next = new Secret('n'.repeat(43))
    await keeping.keepToken(next)
    await keeping.forgetToken(TOKEN)
    expect((await openMeshKeeping(folder, keepingParts())).token()?.reveal()).toBe(next.reveal())
  })

  test('remembers the peers that were seen last, so many and no more', async () => {
    const folder = newFolder()
    const keeping = await openMeshKeeping(folder, keepingParts())
    const peers = Array.from({ length: MAX_REMEMBERED + 10 }, (_, index) => ({
      peer: identityOf(5).peer,
      addresses: Array.from({ length: 20 }, (_, place) => `/ip4/127.0.0.1/tcp/${place}`),
      lastSeenAt: START + index,
    }))
    await keeping.saveRemembered(peers)
    const kept = (await openMeshKeeping(folder, keepingParts())).remembered()
    expect(kept).toHaveLength(MAX_REMEMBERED)
    expect(Math.min(...kept.map((each) => each.lastSeenAt))).toBe(START + 10)
    expect(kept[0]?.addresses).toHaveLength(8)
  })

  test('saves the last of several at once', async () => {
    const folder = newFolder()
    const keeping = await openMeshKeeping(folder, keepingParts())
    await Promise.all(['a.a.a', 'b.b.b', 'c.c.c'].map((certificate) => keeping.saveDocuments({ certificate })))
    expect((await openMeshKeeping(folder, keepingParts())).documents().certificate).toBe('c.c.c')
  })
})

describe('a folder that somebody or something has changed', () => {
  test('is used without what can be done without, which is set aside', async () => {
    for (const name of [FILES.remembered, FILES.revocations, FILES.bootId, FILES.token, FILES.usedTokens]) {
      const folder = await filledFolder()
      writeFileSync(join(folder, name), '{"v":1,"peers":[{"peer":"x"}]}\n')
      const parts = keepingParts()
      const keeping = await openMeshKeeping(folder, parts)
      expect(parts.warnings, name).toHaveLength(1)
      expect(existsSync(join(folder, `${name}.damaged`)), name).toBe(true)
      expect(keeping.documents().certificate).toBe('a.b.c')
    }
  })

  test('is refused with the next step when key, certificate or definition are damaged', async () => {
    for (const name of [FILES.seed, FILES.certificate, FILES.definition]) {
      for (const content of ['', 'not a document\n', 'a.b.c', 'x'.repeat(600_000)]) {
        const folder = await filledFolder()
        writeFileSync(join(folder, name), content)
        const opened = openMeshKeeping(folder, keepingParts()).then((keeping) => keeping.seed())
        await expect(opened, `${name} ${content.slice(0, 10)}`).rejects.toMatchObject({
          name: 'KeepingError',
          code: 'damaged',
          hint: expect.stringMatching(/./),
        })
      }
    }
  })

  test('loses the access of others', async () => {
    const folder = await filledFolder()
    chmodSync(folder, 0o755)
    chmodSync(join(folder, FILES.seed), 0o644)
    await (await openMeshKeeping(folder, keepingParts())).seed()
    expect([modeOf(folder), modeOf(join(folder, FILES.seed))]).toEqual([0o700, 0o600])
  })

  test('is refused when it is a link, or holds one', async () => {
    const folder = await filledFolder()
    const link = newFolder()
    symlinkSync(folder, link)
    await expect(openMeshKeeping(link, keepingParts())).rejects.toMatchObject({ code: 'unsafe' })
    const holder = newFolder()
    mkdirSync(holder, { mode: 0o700 })
    symlinkSync(join(folder, FILES.certificate), join(holder, FILES.certificate))
    await expect(openMeshKeeping(holder, keepingParts())).rejects.toMatchObject({ code: 'unsafe' })
  })

  test('never makes the opening fail otherwise, whatever is in the files', async () => {
    const folder = newFolder()
    const names = Object.values(FILES).filter((name) => name !== FILES.journal)
    const content = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 100 }))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), content, async (name, bytes) => {
        const keeping = await openMeshKeeping(folder, keepingParts())
        await keeping.saveDocuments({ certificate: 'a.b.c', definition: 'd.e.f' })
        writeFileSync(join(folder, name), bytes)
        const opened = await openMeshKeeping(folder, keepingParts())
          .then(
            (next) => next.seed().then(() => 'fine'),
            (error: unknown) => error,
          )
          .catch((error: unknown) => error)
        if (opened !== 'fine') expect(opened).toMatchObject({ name: 'KeepingError', code: 'damaged' })
        writeFileSync(join(folder, name), name === FILES.seed ? `${'A'.repeat(43)}\n` : 'a.b.c\n')
      }),
      { numRuns: 60 },
    )
  })
})
