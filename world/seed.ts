import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type ApiClient, createApiClient } from '@muster/contexts/api/client.ts'
import { createCookieFetch } from '@muster/contexts/api/cookie-fetch.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { systemRandom } from '@muster/runtime/random.ts'

/** The account of a fresh world. */
export interface SeededAccount {
  readonly login: string
  readonly password: Secret
  /** Signed in by a token, as a script would be. */
  readonly api: ApiClient
  readonly contextCount: number
}

const LOGIN = 'physicist'
/** Without letters and digits that look alike, since people type it. */
const PASSWORD_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSWORD_GROUPS = 4

/** Creates an account with a fresh password and publishes every `*.context` file of the folders under its name. */
export async function seedCoordinator(baseUrl: string, folders: readonly string[]): Promise<SeededAccount> {
  const options = { baseUrl, random: systemRandom }
  const browser = createApiClient({ ...options, fetch: createCookieFetch(fetch, new URL(baseUrl).origin) })
  const password = new Secret(drawPassword())
  await browser.accounts.signUp({ login: LOGIN, password: password.reveal() })
  const issued = await browser.accounts.createToken({
    name: 'npm start',
    scopes: ['contexts:read', 'contexts:write', 'machines:read', 'pairings:claim', 'clusters:read', 'clusters:write'],
    expiresInDays: 1,
  })
  const api = createApiClient({ ...options, fetch, token: new Secret(issued.token) })
  const files = (await Promise.all(folders.map(contextFiles))).flat()
  for (const file of files) {
    const name = basename(file, '.context')
    const body = await readFile(file, 'utf8')
    await api.contexts.create({ name, description: 'Sample', format: 'plain', body, note: 'as shipped' })
  }
  return { login: LOGIN, password, api, contextCount: files.length }
}

async function contextFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names.filter((name) => name.endsWith('.context')).map((name) => join(folder, name))
}

function drawPassword(): string {
  const letter = () => PASSWORD_ALPHABET[systemRandom.integer(PASSWORD_ALPHABET.length)] ?? ''
  const group = () => [letter(), letter(), letter(), letter()].join('')
  return Array.from({ length: PASSWORD_GROUPS }, group).join('-')
}
