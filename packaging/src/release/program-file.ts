import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { ReleaseFile } from '@muster/contexts/release/release.ts'
import { PublishError } from './publish-error.ts'

type Arch = ReleaseFile['arch']

/** A program to be published. */
export interface ProgramFile {
  readonly path: string
  readonly file: ReleaseFile
}

/** Where ELF has the machine that a program is for, and two of its numbers. */
const ELF_MACHINE_OFFSET = 18
const ARCH_OF_MACHINE: Readonly<Record<number, Arch>> = { 62: 'x64', 183: 'arm64' }
const VERSION_LIMIT_MS = 60_000

/**
 * Looks at a program: its name is that of the file, the machine that it is for stands in it.
 *
 * @param arch - for programs that do not say so, as scripts
 * @throws {PublishError} bad-file
 */
export async function readProgramFile(path: string, arch: Arch | undefined): Promise<ProgramFile> {
  try {
    await access(path, constants.X_OK)
    const found = (await archOf(path)) ?? arch ?? hostArch()
    const { size } = await stat(path)
    const file: ReleaseFile = {
      name: basename(path),
      os: 'linux',
      arch: found,
      bytes: size,
      sha256: await hashFile(path),
    }
    return { path: resolve(path), file }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('bad-file', `${path} cannot be published: ${why}`, {
      cause,
      hint: 'Give an executable, for example dist/muster-agent, which "npm run build:bin" makes.',
    })
  }
}

/**
 * What a program of this machine's kind answers to `--version`.
 *
 * @throws {PublishError} bad-file
 */
export function askVersion({ path, file }: ProgramFile): string {
  if (file.arch !== process.arch) {
    throw new PublishError('bad-file', `${path} is for ${file.arch} and cannot be asked for its version here`, {
      hint: 'Give it with --release-version, or publish it together with the one for this machine.',
    })
  }
  const { status, stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: VERSION_LIMIT_MS })
  if (status === 0) return stdout.trim()
  throw new PublishError('bad-file', `${path} --version ended with ${status}: ${stderr.trim()}`, {
    hint: 'Publish a program that runs.',
  })
}

/** SHA-256 in hex, read piece by piece. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

/** The machine that an ELF program is for; undefined for what is no ELF program. */
async function archOf(path: string): Promise<Arch | undefined> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(ELF_MACHINE_OFFSET + 2)
    await file.read(head, 0, head.length, 0)
    if (head.toString('latin1', 0, 4) !== '\x7fELF') return undefined
    const arch = ARCH_OF_MACHINE[head.readUInt16LE(ELF_MACHINE_OFFSET)]
    if (arch === undefined) throw new Error('it is for another machine than x64 and arm64')
    return arch
  } finally {
    await file.close()
  }
}

function hostArch(): Arch {
  return process.arch === 'arm64' ? 'arm64' : 'x64'
}
