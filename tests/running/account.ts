import { type ApiClient, createApiClient } from '@muster/contexts/api/client.ts'
import type { Fetch } from '@muster/contexts/api/requester.ts'
import { systemRandom } from '@muster/runtime/random.ts'

/** A person with an account and a session. */
export interface Person {
  readonly login: string
  readonly password: string
  /** Value for a `cookie` header. */
  readonly cookie: string
  /** Asks with this session, as a page of the coordinator would. */
  readonly fetch: Fetch
  readonly api: ApiClient
}

/** Makes an account through the API and keeps its session. */
export async function signUp(url: string, login = 'alice', password = 'a long enough password'): Promise<Person> {
  let cookie = ''
  const fetchWithCookie: Fetch = async (target, init) => {
    const headers = new Headers(init.headers)
    headers.set('origin', new URL(url).origin)
    if (cookie !== '') headers.set('cookie', cookie)
    const answer = await fetch(target, { ...init, headers })
    cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? cookie
    return answer
  }
  const api = createApiClient({ baseUrl: url, fetch: fetchWithCookie, random: systemRandom })
  await api.accounts.signUp({ login, password })
  return { login, password, cookie, fetch: fetchWithCookie, api }
}
