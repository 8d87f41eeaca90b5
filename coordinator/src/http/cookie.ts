import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Longest life of a session and of its cookie. */
export const SESSION_MAX_MS = 7 * 24 * 60 * 60 * 1000

/** How the session cookie is named and sent, which depends on how people reach the coordinator. */
export interface CookieStyle {
  readonly name: string
  readonly options: CookieSerializeOptions
}

/**
 * The strictest cookie that browsers take at this origin: `__Host-` with Secure on HTTPS and on loopback, which
 * browsers treat as secure; a plain one on HTTP elsewhere, where a secure one would be dropped.
 */
export function cookieStyle(origin: string): CookieStyle {
  const { protocol, hostname } = new URL(origin)
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
  const secure = protocol === 'https:' || isLoopback
  return {
    name: secure ? '__Host-muster' : 'muster',
    options: { path: '/', httpOnly: true, sameSite: 'strict', secure },
  }
}

/** The session token that the browser sent. */
export function readSessionCookie(request: FastifyRequest): string | undefined {
  return request.cookies[cookieStyle(request.publicOrigin()).name]
}

/** Gives the browser its session token. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  const { name, options } = cookieStyle(request.publicOrigin())
  reply.setCookie(name, token, { ...options, maxAge: SESSION_MAX_MS / 1000 })
}

/** Takes it away. */
export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  const { name, options } = cookieStyle(request.publicOrigin())
  reply.clearCookie(name, options)
}
