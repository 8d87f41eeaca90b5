import type { FastifyReply } from 'fastify'

/** Aborts when the answer is over: sent, or its client gone. */
export function closedSignal(reply: FastifyReply): AbortSignal {
  const closed = new AbortController()
  reply.raw.once('close', () => closed.abort())
  if (reply.raw.destroyed) closed.abort()
  return closed.signal
}
