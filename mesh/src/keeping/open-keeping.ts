import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '@muster/contexts/secret.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { clearTemporaryFiles } from '@muster/runtime/durable-file.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { hashToken } from '../admission/join-token.ts'
import type { RememberedPeer } from '../redial/state.ts'
import { createTurns } from '../turns.ts'
import { createIssuerJournal } from './issuer-journal.ts'
import { damaged, KeepingError } from './keeping-error.ts'
import {
  decodeBootId,
  decodeDocument,
  decodeDocuments,
  decodeRemembered,
  decodeSeed,
  decodeToken,
  decodeUsedTokens,
  encodeLines,
  encodeRemembered,
  encodeSeed,
  FILES,
  MAX_BYTES,
  MAX_USED_TOKENS,
  trimRemembered,
} from './kept-files.ts'
import type { KeptDocuments, MeshKeeping } from './mesh-keeping.ts'
import {
  asKeeping,
  createPrivateFile,
  openPrivateFolder,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from './private-file.ts'

const SEED_BYTES = 32
const NEW_KEY = 'Put it back from a backup; or remove the folder, and give the machine a new join token.'
const NEW_CERTIFICATE = 'Remove it: the machine then asks to be admitted again, for which it needs a new join token.'
const NEW_DEFINITION = 'Remove it: a new one comes with the next renewal.'

/** What opening the folder of a mesh node needs. */
export interface KeepingParts {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
}

/** One kind of file: what it is and how it is read. */
interface Reading<T> {
  readonly name: keyof typeof MAX_BYTES
  readonly decode: (text: string) => T | undefined
}

/** What of the folder is kept in memory. */
interface Kept {
  documents: KeptDocuments
  remembered: readonly RememberedPeer[]
  bootId: number | undefined
  token: Secret | undefined
  used: readonly string[]
}

/**
 * Opens the folder in which a node keeps one cluster; it is made when it is missing. One program at a time.
 *
 * @throws {KeepingError} unusable, unsafe; damaged - certificate or definition are not what was written. Other damaged
 * files are set aside as `NAME.damaged`, and the node goes on without them.
 */
export async function openMeshKeeping(folder: string, parts: KeepingParts): Promise<MeshKeeping> {
  await openPrivateFolder(folder)
  await asKeeping(folder, 'used', () => clearTemporaryFiles(folder))
  const kept = await readKept(folder, parts.log)
  const pathOf = (name: keyof typeof FILES) => join(folder, FILES[name])
  const inTurn = createTurns()
  const journal = createIssuerJournal(pathOf('journal'), parts)
  return {
    folder,
    seed: () => inTurn(() => readOrDrawSeed(folder, parts.random)),
    documents: () => kept.documents,
    saveDocuments: (changes) => inTurn(() => saveDocuments(folder, kept, changes)),
    remembered: () => kept.remembered,
    saveRemembered: (peers) =>
      inTurn(async () => {
        const trimmed = trimRemembered(peers)
        await writePrivateFile(pathOf('remembered'), encodeRemembered(trimmed))
        kept.remembered = trimmed
      }),
    ...tokenKeeping(kept, pathOf, inTurn),
    nextBootId: (now) =>
      inTurn(async () => {
        const bootId = Math.max(Math.trunc(now), (kept.bootId ?? 0) + 1)
        await writePrivateFile(pathOf('bootId'), encodeLines([bootId]))
        kept.bootId = bootId
        return bootId
      }),
    journal: async () => journal,
  }
}

function tokenKeeping(
  kept: Kept,
  pathOf: (name: keyof typeof FILES) => string,
  inTurn: ReturnType<typeof createTurns>,
): Pick<MeshKeeping, 'token' | 'keepToken' | 'isTokenUsed' | 'forgetToken'> {
  const isTokenUsed = (token: Secret) => kept.used.includes(hashToken(token.reveal()))
  return {
    token: () => kept.token,
    keepToken: (token) =>
      inTurn(async () => {
        if (isTokenUsed(token) || kept.token?.equals(token) === true) return
        await writePrivateFile(pathOf('token'), encodeLines([token.reveal()]))
        kept.token = token
      }),
    isTokenUsed,
    forgetToken: (token) =>
      inTurn(async () => {
        if (!isTokenUsed(token)) {
          const used = [...kept.used, hashToken(token.reveal())].slice(-MAX_USED_TOKENS)
          await writePrivateFile(pathOf('usedTokens'), encodeLines(used))
          kept.used = used
        }
        if (kept.token !== undefined && !kept.token.equals(token)) return
        await removePrivateFile(pathOf('token'))
        kept.token = undefined
      }),
  }
}

/** A certificate means nothing without its definition, so that comes first. */
async function saveDocuments(folder: string, kept: Kept, changes: Partial<KeptDocuments>): Promise<void> {
  for (const name of ['definition', 'revocations', 'certificate'] as const) {
    if (!(name in changes)) continue
    const next: KeptDocuments = { ...kept.documents, [name]: changes[name] }
    const lines = name === 'revocations' ? next.revocations : next[name]
    const path = join(folder, FILES[name])
    if (lines === undefined) await removePrivateFile(path)
    else await writePrivateFile(path, encodeLines(typeof lines === 'string' ? [lines] : lines))
    kept.documents = next
  }
}

async function readKept(folder: string, log: Log): Promise<Kept> {
  const need = <T>(reading: Reading<T>, hint: string) => readNeeded(folder, reading, hint)
  const spare = <T>(reading: Reading<T>) => readSpared(folder, reading, log)
  const token = await spare({ name: 'token', decode: decodeToken })
  return {
    documents: {
      certificate: await need({ name: 'certificate', decode: decodeDocument }, NEW_CERTIFICATE),
      definition: await need({ name: 'definition', decode: decodeDocument }, NEW_DEFINITION),
      revocations: (await spare({ name: 'revocations', decode: decodeDocuments })) ?? [],
    },
    remembered: (await spare({ name: 'remembered', decode: decodeRemembered })) ?? [],
    bootId: await spare({ name: 'bootId', decode: decodeBootId }),
    token: token === undefined ? undefined : new Secret(token),
    used: (await spare({ name: 'usedTokens', decode: decodeUsedTokens })) ?? [],
  }
}

async function readNeeded<T>(folder: string, { name, decode }: Reading<T>, hint: string): Promise<T | undefined> {
  const path = join(folder, FILES[name])
  const bytes = await readPrivateFile(path, MAX_BYTES[name])
  if (bytes === undefined) return undefined
  const value = decode(Buffer.from(bytes).toString('utf8'))
  if (value === undefined) throw damaged(path, 'it is not what was written', hint)
  return value
}

async function readSpared<T>(folder: string, reading: Reading<T>, log: Log): Promise<T | undefined> {
  const path = join(folder, FILES[reading.name])
  try {
    return await readNeeded(folder, reading, '')
  } catch (error) {
    if (!(error instanceof KeepingError) || error.code !== 'damaged') throw error
    log.warn({ error, path }, 'A damaged file was set aside; the node goes on without it')
    await asKeeping(path, 'set aside', () => rename(path, `${path}.damaged`))
    return undefined
  }
}

async function readOrDrawSeed(folder: string, random: Pick<Random, 'bytes'>): Promise<Uint8Array> {
  const path = join(folder, FILES.seed)
  const read = () => readNeeded(folder, { name: 'seed', decode: decodeSeed }, NEW_KEY)
  const kept = await read()
  if (kept !== undefined) return kept
  await createPrivateFile(path, encodeSeed(random.bytes(SEED_BYTES)))
  // Read back: another program may have been first.
  const drawn = await read()
  if (drawn === undefined) throw damaged(path, 'it vanished', NEW_KEY)
  return drawn
}
