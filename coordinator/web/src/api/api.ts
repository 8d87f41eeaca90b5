import { createApiClient } from '@muster/contexts/api/client.ts'
import { browserRandom } from './browser-random.ts'

/** The coordinator that served this page; the session cookie says who asks. */
export const api = createApiClient({
  baseUrl: window.location.origin,
  fetch: (url, init) => window.fetch(url, init),
  random: browserRandom,
})
