import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyRequest } from 'fastify'
import type { App } from '../parts.ts'

/** Files under this path have a hash of their content in their name. */
const HASHED = /\/assets\/[^/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/**
 * Serves the built pages.
 *
 * @param webRoot - folder with `index.html`; when it is not there, only the API is served
 * @returns whether the pages are there
 */
export async function servePages(app: App, webRoot: string | undefined): Promise<boolean> {
  if (webRoot === undefined || !existsSync(join(webRoot, 'index.html'))) return false
  await app.register(fastifyStatic, {
    root: webRoot,
    wildcard: false,
    cacheControl: false,
    index: 'index.html',
    schemaHide: true,
    setHeaders: (reply, path) => {
      reply.header('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  return true
}

/** Whether an unknown path is a page of the web application, which finds its way by itself. */
export function wantsPage(request: FastifyRequest): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isOurs = !/^\/(api|dist|docs|assets|problems|metrics|livez|readyz|openapi\.json|\.well-known)(\/|\?|$)/.test(
    request.url,
  )
  const isFile = /\.[a-z0-9]+(\?|$)/i.test(request.url)
  return isRead && isOurs && !isFile && (request.headers.accept ?? '').includes('text/html')
}
