import type { Fetch, FetchAnswer } from '@muster/contexts/api/requester.ts'
import { channelPath, filePath, MAX_CHANNEL_CHARS } from '@muster/contexts/release/release.ts'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { FilePart, ReleaseSource } from './release-source.ts'
import { UpdateError } from './update-error.ts'

/** No byte for so long: the connection is dead. */
const IDLE_LIMIT_MS = 60_000

/** An answer from elsewhere is no answer. */
const PLAIN = { method: 'GET', redirect: 'manual', credentials: 'same-origin' } as const

/** What it stands on. */
export interface HttpSourceDeps {
  readonly clock: Clock
  readonly fetch: Fetch
}

/**
 * Releases below an address, as a coordinator or any web server has them.
 *
 * @param baseUrl - without a slash at its end
 */
export function createHttpSource({ clock, fetch }: HttpSourceDeps, baseUrl: string): ReleaseSource {
  async function get(path: string, from: number, signal: AbortSignal): Promise<FetchAnswer> {
    const deadline = timeoutSignal(clock, IDLE_LIMIT_MS, signal)
    // Without compression the file is cut where we think.
    const headers = { 'accept-encoding': 'identity', ...(from === 0 ? {} : { range: `bytes=${from}-` }) }
    try {
      return await fetch(`${baseUrl}/${path}`, { ...PLAIN, headers, signal: deadline.signal })
    } catch (cause) {
      signal.throwIfAborted()
      throw unreachable(baseUrl, reasonOf(cause), cause)
    } finally {
      deadline.cancel()
    }
  }

  return {
    name: baseUrl,
    async channel(channel, signal) {
      const answer = await get(channelPath(channel), 0, signal)
      if (answer.status === 404) {
        await answer.body?.cancel()
        throw new UpdateError('no-channel', `${baseUrl} has no channel ${channel}`, {
          hint: 'Publish there, or set update_channel to one that is there.',
        })
      }
      if (!answer.ok) throw await badStatus(baseUrl, answer)
      const pieces: Uint8Array[] = []
      let bytes = 0
      for await (const piece of piecesOf(answer, signal)) {
        bytes += piece.length
        if (bytes > MAX_CHANNEL_CHARS) throw unreachable(baseUrl, 'its answer is too long to be a channel')
        pieces.push(piece)
      }
      return Buffer.concat(pieces).toString('utf8')
    },
    async file(sha256, from, signal): Promise<FilePart> {
      const answer = await get(filePath(sha256), from, signal)
      if (!answer.ok) throw await badStatus(baseUrl, answer)
      return { from: answer.status === 206 ? startOf(baseUrl, answer) : 0, pieces: piecesOf(answer, signal) }
    },
  }

  async function* piecesOf(answer: FetchAnswer, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = answer.body?.getReader()
    if (reader === undefined) return
    try {
      for (;;) {
        const piece = await readWithin(reader, signal)
        if (piece === undefined) return
        yield piece
      }
    } finally {
      await reader.cancel().catch(() => undefined)
    }
  }

  async function readWithin(
    reader: { read(): Promise<{ readonly value?: Uint8Array | undefined }> },
    signal: AbortSignal,
  ) {
    const deadline = timeoutSignal(clock, IDLE_LIMIT_MS, signal)
    const late = Promise.withResolvers<never>()
    const onAbort = () => late.reject(deadline.signal.reason)
    deadline.signal.addEventListener('abort', onAbort, { once: true })
    try {
      return (await Promise.race([reader.read(), late.promise])).value
    } catch (cause) {
      signal.throwIfAborted()
      throw unreachable(baseUrl, `the connection broke: ${reasonOf(cause)}`, cause)
    } finally {
      deadline.signal.removeEventListener('abort', onAbort)
      deadline.cancel()
    }
  }
}

/** `Content-Range: bytes 5-9/10` begins at 5. */
function startOf(baseUrl: string, answer: FetchAnswer): number {
  const start = /^bytes (\d{1,15})-/.exec(answer.headers.get('content-range') ?? '')?.[1]
  if (start === undefined) throw unreachable(baseUrl, 'it sends a part and does not say which')
  return Number(start)
}

async function badStatus(baseUrl: string, answer: FetchAnswer): Promise<UpdateError> {
  await answer.body?.cancel()
  return unreachable(baseUrl, `it answers ${answer.status}`)
}

function unreachable(baseUrl: string, why: string, cause?: unknown): UpdateError {
  return new UpdateError('unreachable', `no release could be fetched from ${baseUrl}: ${why}`, {
    cause,
    hint: 'It is tried again by itself. If it lasts, look at that server and at the network.',
  })
}

/** `fetch` hides why behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
