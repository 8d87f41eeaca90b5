import type { Fetch } from '@muster/contexts/api/requester.ts'

/** A `fetch` that keeps the session cookie of one coordinator and names its origin, as a browser would. */
export function createCookieFetch(baseUrl: string): Fetch {
  const origin = new URL(baseUrl).origin
  let cookie = ''
  return async (url, init) => {
    const headers = new Headers(init.headers)
    headers.set('origin', origin)
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await fetch(url, { ...init, headers })
    const [given] = response.headers.getSetCookie()
    if (given !== undefined) cookie = given.split(';', 1)[0] ?? ''
    return response
  }
}
