import type { Fetch } from './requester.ts'

/**
 * A `fetch` that keeps cookies for one origin and names it, as a browser does: for the one sign-in by password, after
 * which a token is used.
 */
export function createCookieFetch(fetch: Fetch, origin: string): Fetch {
  const cookies = new Map<string, string>()
  return async (url, init) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...init.headers, origin, ...(cookie === '' ? {} : { cookie }) }
    const response = await fetch(url, { ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';')
      const at = pair.indexOf('=')
      if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
    return response
  }
}
