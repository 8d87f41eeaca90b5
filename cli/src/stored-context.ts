import type { ApiClient } from '@muster/contexts/api/client.ts'
import { isSealed, openText } from '@muster/contexts/context/seal.ts'
import type { Context, ContextVersion } from '@muster/contexts/wire/contexts.ts'
import { CliError } from './cli-error.ts'
import { readPassphrase } from './passphrase.ts'
import type { CliWorld } from './world.ts'

/** A context by name, or by name and version: `NAME[@V]`. */
export interface ContextName {
  readonly name: string
  readonly version: number | undefined
}

/**
 * Reads `NAME` or `NAME@VERSION`.
 *
 * @throws {CliError} usage
 */
export function parseContextName(input: string): ContextName {
  const [, name, version] = /^([^@/]{1,100})(?:@(\d{1,7}))?$/.exec(input) ?? []
  if (name === undefined || version === '0') {
    throw new CliError('usage', `"${input}" does not name a context`, { hint: 'Write NAME, or NAME@2 for a version.' })
  }
  return { name, version: version === undefined ? undefined : Number(version) }
}

/** @throws {CliError} not-found */
export async function findContext(world: CliWorld, api: ApiClient, name: string): Promise<Context> {
  const { items } = await api.contexts.list({ name, signal: world.signal })
  const found = items.find((context) => context.name === name)
  if (found !== undefined) return found
  throw new CliError('not-found', `You have no context named "${name}"`, {
    hint: 'See them with "muster context list".',
  })
}

/** The version that a name asks for, the latest without one. @throws {CliError} not-found */
export async function findVersion(world: CliWorld, api: ApiClient, wanted: ContextName): Promise<ContextVersion> {
  const context = await findContext(world, api, wanted.name)
  const version = wanted.version ?? context.latest.version
  if (version > context.latest.version) {
    throw new CliError(
      'not-found',
      `"${wanted.name}" has no version ${version}; its latest is ${context.latest.version}`,
    )
  }
  return await api.contexts.version(context.id, version, { signal: world.signal })
}

/** The plain text of a version; a sealed one is opened with the passphrase, which is asked for when not given. */
export async function plainText(
  world: CliWorld,
  version: ContextVersion,
  passphraseFile: string | undefined,
): Promise<string> {
  if (version.format === 'plain' && !isSealed(version.body)) return version.body
  const passphrase = await readPassphrase(world, passphraseFile)
  world.terminal.note('Opening the sealed context …')
  return await openText(version.body, passphrase)
}
