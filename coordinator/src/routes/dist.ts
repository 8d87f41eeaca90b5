import { createHash } from 'node:crypto'
import { CHANNEL_PATTERN } from '@muster/contexts/release/release.ts'
import { timeoutSignal } from '@muster/runtime/clock.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ApiError, notFound } from '../http/api-error.ts'
import { problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'
import { decodeRange } from '../releases/byte-range.ts'
import { createDownloads, type Downloads } from '../releases/downloads.ts'
import type { OpenedFile } from '../releases/release-folder.ts'

/** A download that takes nothing for so long is let go. */
const STALL_MS = 60_000
/** Longest download; what is missing then can be asked for with Range. */
const DOWNLOAD_MS = 30 * 60_000
/** Read and sent at once. */
const CHUNK_BYTES = 64 * 1024
const tags = ['releases']
const BySum = Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) })
const binary = { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } }

/** The files of releases, for machines that have nothing yet: no sign-in, no limit but that of places. */
export function registerDistRoutes(app: App, parts: Parts): void {
  const draw = () => parts.random.integer(2 ** 32)
  const { downloads: limit } = parts.limits
  const downloads = createDownloads({ limit, draw, onChange: parts.metrics.downloads })

  app.get('/dist/channels/:file', {
    schema: {
      tags,
      summary: 'What a channel offers, signed: a compact JWS',
      params: Type.Object({ file: Type.String({ pattern: `${CHANNEL_PATTERN.slice(0, -1)}\\.jws$` }) }),
      response: {
        200: { description: 'With its ETag.', content: { 'application/jose': { schema: Type.String() } } },
        304: Type.Null({ description: 'As the If-None-Match header says.' }),
        ...problems('not-found', 'release-broken'),
      },
    },
    handler: async (request, reply) => {
      const channel = await parts.releases?.channel(request.params.file.slice(0, -'.jws'.length))
      if (channel === undefined) throw notFound()
      if (channel.state === 'broken') throw new ApiError('release-broken', channel.detail)
      const etag = `"${createHash('sha256').update(channel.text).digest('hex')}"`
      reply.headers({ etag, 'cache-control': 'no-cache' })
      if (isNamed(request.headers['if-none-match'], etag)) return reply.code(304).send(null)
      return reply.type('application/jose').serializer(String).send(channel.text)
    },
  })

  for (const method of ['GET', 'HEAD'] as const) {
    app.route({
      method,
      url: '/dist/sha256/:sha256',
      exposeHeadRoute: false,
      schema: {
        tags,
        summary: 'A file of a release by its SHA-256; a part of it with Range',
        params: BySum,
        response: {
          200: { description: 'It never changes.', content: binary },
          206: { description: 'The part that was asked for.', content: binary },
          304: Type.Null({ description: 'As the If-None-Match header says.' }),
          ...problems('not-found', 'range-not-satisfiable', 'too-many-downloads'),
        },
      },
      handler: async (request, reply) => {
        await sendFile(parts, downloads, request, reply, request.params.sha256)
        return reply
      },
    })
  }
}

async function sendFile(
  parts: Parts,
  downloads: Downloads,
  request: FastifyRequest,
  reply: FastifyReply,
  sha256: string,
): Promise<void> {
  const etag = `"${sha256}"`
  const file = await parts.releases?.open(sha256)
  if (file === undefined) throw notFound()
  let isSent = false
  try {
    reply.headers({ etag, 'cache-control': 'public, max-age=31536000, immutable', 'accept-ranges': 'bytes' })
    if (isNamed(request.headers['if-none-match'], etag)) {
      reply.code(304).send()
      return
    }
    const { start, end } = choosePart(request, reply, etag, file.sizeBytes)
    reply.headers({ 'content-length': end - start + 1 }).type('application/octet-stream')
    if (request.method === 'HEAD' || end < start) {
      reply.send()
      return
    }
    isSent = true
    sendPart(parts, downloads, reply, file, { start, end })
  } finally {
    if (!isSent) await file.handle.close()
  }
}

/** Sends a part of the file in one of the places, which is free again as soon as the file is closed. */
function sendPart(
  { clock, stopping }: Parts,
  downloads: Downloads,
  reply: FastifyReply,
  { handle }: OpenedFile,
  { start, end }: { readonly start: number; readonly end: number },
): void {
  const stream = handle.createReadStream({ start, end, highWaterMark: CHUNK_BYTES })
  try {
    const giveBack = downloads.take()
    const deadline = timeoutSignal(clock, DOWNLOAD_MS, stopping)
    const breakOff = () => reply.raw.destroy()
    deadline.signal.addEventListener('abort', breakOff)
    stream.once('close', () => {
      deadline.signal.removeEventListener('abort', breakOff)
      deadline.cancel()
      giveBack()
    })
  } catch (error) {
    stream.destroy()
    throw error
  }
  reply.raw.setTimeout(STALL_MS, () => reply.raw.destroy())
  reply.send(stream)
}

/** First and last byte; sets the status of a part. If-Range with another state than ours asks for the whole. */
function choosePart(request: FastifyRequest, reply: FastifyReply, etag: string, sizeBytes: number) {
  const condition = request.headers['if-range']
  const range = condition === undefined || condition === etag ? request.headers.range : undefined
  const wanted = decodeRange(range, sizeBytes)
  if (wanted.kind === 'beyond') {
    throw new ApiError('range-not-satisfiable', undefined, { headers: { 'content-range': `bytes */${sizeBytes}` } })
  }
  if (wanted.kind === 'whole') return { start: 0, end: sizeBytes - 1 }
  reply.code(206).header('content-range', `bytes ${wanted.start}-${wanted.end}/${sizeBytes}`)
  return wanted
}

function isNamed(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes('*') || tags.includes(etag)
}
