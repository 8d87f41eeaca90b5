import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isSea } from 'node:sea'
import type { Settings } from './agent-config.ts'
import { ImageError } from './image-error.ts'
import { FULL_SCREEN_TERMINAL } from './layout.ts'

/** What the command line says about the settings of the agent. */
export interface SettingFlags {
  readonly coordinator?: string | undefined
  readonly console?: string | undefined
}

const MAX_KEYS_BYTES = 64 * 1024
/** 32 bytes as base64url. */
const KEY = /^[A-Za-z0-9_-]{43}$/

/** Settings for `agent.conf`. @throws {ImageError} bad-option */
export function settingsOf({ coordinator, console }: SettingFlags): Settings {
  return {
    ...(coordinator === undefined ? {} : { coordinator: coordinatorUrl(coordinator) }),
    ...(console === undefined ? {} : { console: FULL_SCREEN_TERMINAL, console_mode: 'screen' }),
  }
}

function coordinatorUrl(text: string): string {
  const url = URL.parse(text)
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && `${url.username}${url.search}${url.hash}` === ''
  if (isUsable && !/\s/.test(text)) return text.replace(/\/+$/, '')
  throw new ImageError('bad-option', '--coordinator must be an address like https://muster.example.org', {
    hint: 'Give the address under which machines and people reach the coordinator.',
  })
}

/** The executable to install: the given one, or the one that runs. @throws {ImageError} no-agent */
export async function agentToInstall(
  given: string | undefined,
): Promise<{ readonly file: string; readonly sha256: string }> {
  if (given === undefined && !isSea()) {
    throw new ImageError('no-agent', 'This agent runs from a checkout, so there is no executable to install', {
      hint: 'Build one with npm run build:bin, and give it: --agent dist/muster-agent.',
    })
  }
  const file = resolve(given ?? process.execPath)
  try {
    if (!(await stat(file)).isFile()) throw noFile(file, undefined)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(file)) hash.update(chunk)
    return { file, sha256: hash.digest('hex') }
  } catch (cause) {
    throw cause instanceof ImageError ? cause : noFile(file, cause)
  }
}

function noFile(file: string, cause: unknown): ImageError {
  return new ImageError('no-agent', `${file} is no file that can be read`, {
    cause,
    hint: 'Give the executable of the agent with --agent FILE.',
  })
}

/** The content of `release.keys`, checked. @throws {ImageError} bad-option */
export async function readReleaseKeys(path: string | undefined): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ImageError('bad-option', `--release-key: ${path} cannot be read`, {
      cause,
      hint: 'Give the file with the public key that npm run release -- keygen has made.',
    })
  })
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (bytes.length <= MAX_KEYS_BYTES && keys.length > 0 && keys.every((key) => KEY.test(key)))
    return new Uint8Array(bytes)
  throw new ImageError('bad-option', `--release-key: ${path} is no list of public keys`, {
    hint: 'One Ed25519 public key a line, 43 letters of base64url; lines with # are remarks.',
  })
}
