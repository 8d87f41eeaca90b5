import { decodeJoinText, JOIN_SECTION } from '../cluster/join-section.ts'
import { isSealed } from '../context/seal.ts'
import type { Release, ReleaseFile } from '../release/release.ts'
import type { ReleaseKey } from '../release/release-keys.ts'
import { BootstrapError } from './bootstrap-error.ts'
import { renderCloudConfig } from './cloud-config.ts'
import { renderMultipart, type UserDataPart } from './multipart.ts'
import { type ProgramSettings, renderProgram } from './program.ts'
import { renderScript } from './script.ts'

/** How the user-data is written: for cloud-init, or as a script that anything can run. */
export const USER_DATA_FORMATS = ['cloud-config', 'script'] as const
export type UserDataFormat = (typeof USER_DATA_FORMATS)[number]

/** Most bytes of user-data that every cloud takes. */
export const MAX_USER_DATA_BYTES = 16_384
/** Most addresses of mirrors. */
export const MAX_MIRRORS = 8

/** What user-data is made of. */
export interface UserDataInput {
  /** Where the machine finds its coordinator. */
  readonly coordinatorUrl: string
  /** Addresses of copies of its dist folder, asked before the coordinator. @default none */
  readonly mirrors?: readonly string[]
  readonly release: Release
  /** Keys to pin in the machine: releases of others are refused there from then on. */
  readonly releaseKeys: readonly ReleaseKey[]
  readonly format: UserDataFormat
  /** Text of a context that the machine applies once. */
  readonly context?: string
  /** Text with a `[muster]` section, with which the machine joins a cluster. */
  readonly join?: string
}

/** User-data for a stock image. */
export interface UserData {
  readonly text: string
  /** In UTF-8. */
  readonly sizeBytes: number
}

/**
 * User-data with which a machine of a stock image gets the agent: pure, the same input gives the same text. It may be
 * above the limit; see `requireFit`. Everything in it can be read by everybody in the machine and at the cloud.
 *
 * @throws {BootstrapError} no-agent, bad-address, bad-join, sealed
 */
export function renderUserData(input: UserDataInput): UserData {
  const settings = checkInput(input)
  const about = describe(input, settings)
  const program = renderProgram(settings)
  const isScript = input.format === 'script'
  const bootstrap = isScript ? renderScript(program, about) : renderCloudConfig(program, about)
  const parts = riders(input)
  const first: UserDataPart = isScript
    ? { contentType: 'text/x-shellscript', fileName: 'muster-bootstrap.sh', text: bootstrap }
    : { contentType: 'text/cloud-config', fileName: 'muster-bootstrap.yaml', text: bootstrap }
  const text = parts.length === 0 ? bootstrap : renderMultipart([first, ...parts])
  return { text, sizeBytes: new TextEncoder().encode(text).length }
}

/**
 * Refuses what clouds would refuse.
 *
 * @param isCompressed - whether these are the bytes of gzip
 * @throws {BootstrapError} too-large
 */
export function requireFit(sizeBytes: number, isCompressed: boolean): void {
  const excess = sizeBytes - MAX_USER_DATA_BYTES
  if (excess <= 0) return
  const message = `The user-data has ${sizeBytes} bytes${isCompressed ? ' as gzip' : ''}, ${excess} more than the ${MAX_USER_DATA_BYTES} that clouds take`
  const fewer = 'Leave the context out: the machine shows a PIN, and pairing takes contexts of any size.'
  throw new BootstrapError('too-large', message, {
    hint: isCompressed ? fewer : `Compress it with gzip, which cloud-init undoes. Or: ${fewer}`,
    details: { sizeBytes, limit: MAX_USER_DATA_BYTES, excess },
  })
}

/** The user-data as gzip, which cloud-init and the agent undo. The same text gives the same bytes. */
export async function compressUserData(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function checkInput({ coordinatorUrl, mirrors = [], release, releaseKeys }: UserDataInput): ProgramSettings {
  const files = release.files.filter(({ name, os }) => name === 'muster-agent' && os === 'linux')
  const byArch = new Map<ReleaseFile['arch'], ReleaseFile>(files.map((file) => [file.arch, file]))
  if (byArch.size === 0) {
    throw new BootstrapError('no-agent', `Release ${release.version} has no muster-agent`, {
      hint: 'Choose another channel, or publish a release with the agent.',
    })
  }
  if (mirrors.length > MAX_MIRRORS) {
    throw new BootstrapError('bad-address', `${mirrors.length} mirrors are named; ${MAX_MIRRORS} are enough`)
  }
  const coordinator = checkAddress(coordinatorUrl)
  const sources = [...mirrors.map(checkAddress), `${coordinator}/dist`]
  return { coordinatorUrl: coordinator, sources, version: release.version, files: [...byArch.values()], releaseKeys }
}

/** An address without a slash at its end, in letters that no shell and no YAML takes for anything else. */
function checkAddress(address: string): string {
  const url = URL.parse(address)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === null || !isWeb || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new BootstrapError('bad-address', `"${address}" is no address that a machine can fetch from`, {
      hint: 'Write it as https://muster.example.org, without name, password or query: user-data is no place for secrets.',
    })
  }
  return (url.origin + url.pathname).replace(/\/+$/, '')
}

/** What rides along for the agent. */
function riders({ context, join }: UserDataInput): readonly UserDataPart[] {
  const contentType = 'text/amiconfig-user-data'
  const parts: UserDataPart[] = []
  if (context !== undefined && context !== '') {
    if (isSealed(context)) {
      throw new BootstrapError('sealed', 'The context is sealed; a machine could not read it', {
        hint: 'Open it with its passphrase first. Its text is readable in the user-data then.',
      })
    }
    parts.push({ contentType, fileName: 'context', text: context })
  }
  if (join !== undefined && join !== '') {
    if (decodeJoinText(join).settings === undefined) {
      throw new BootstrapError('bad-join', `The text has no usable [${JOIN_SECTION}] section`, {
        hint: 'Make one with "muster cluster authorize", or on the page of the cluster.',
      })
    }
    parts.push({ contentType, fileName: 'join', text: join })
  }
  return parts
}

function describe({ release, context, join }: UserDataInput, { coordinatorUrl }: ProgramSettings): readonly string[] {
  const riding = [...(context ? ['a context'] : []), ...(join ? ['a join token'] : [])].join(' and ')
  return [
    `Installs muster-agent ${release.version} (channel ${release.channel}) from ${coordinatorUrl}, checked by SHA-256.`,
    riding === ''
      ? 'Then the machine shows a PIN on its console.'
      : `The agent then uses ${riding} from this user-data.`,
    'Does nothing where the agent is installed already. Log: journalctl -u muster-bootstrap',
  ]
}
