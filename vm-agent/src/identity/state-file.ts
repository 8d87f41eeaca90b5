import { readFile, stat } from 'node:fs/promises'
import { removeFile, replaceFile } from '@muster/runtime/durable-file.ts'
import { AgentError, systemCode } from './agent-error.ts'

/** Files of the state directory are small; a larger one is not ours. */
const MAX_STATE_BYTES = 1024 * 1024

/**
 * Replaces a file by another with this text, mode 0600, so that after a crash either the old or the new one is there,
 * whole. The directory is made (0700) when it is missing.
 *
 * @throws {AgentError} state-unusable
 */
export async function writeStateFile(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text)
  } catch (cause) {
    throw unusableState(path, 'written', cause)
  }
}

/**
 * The text of a state file, or undefined when there is none.
 *
 * @throws {AgentError} state-unusable, state-damaged (too large)
 */
export async function readStateFile(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    if (size > MAX_STATE_BYTES) throw damagedFile(path, `it has ${size} bytes`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof AgentError) throw cause
    if (systemCode(cause) === 'ENOENT') return undefined
    throw unusableState(path, 'read', cause)
  }
}

/**
 * Removes a state file for good; a missing one is fine.
 *
 * @throws {AgentError} state-unusable
 */
export async function removeStateFile(path: string): Promise<void> {
  try {
    await removeFile(path)
  } catch (cause) {
    throw unusableState(path, 'removed', cause)
  }
}

/** The error for a file whose content is not what the agent wrote. */
export function damagedFile(
  path: string,
  problem: string,
  { cause, hint }: { readonly cause?: unknown; readonly hint?: string } = {},
): AgentError {
  return new AgentError('state-damaged', `${path} is damaged: ${problem}`, {
    cause,
    hint: hint ?? `Put ${path} back from a backup, or remove it: the machine then shows a new PIN and is paired again.`,
    details: { path },
  })
}

/** The error for a file that cannot be read, written or removed. */
export function unusableState(path: string, verb: string, cause: unknown): AgentError {
  const code = systemCode(cause)
  const hints: Readonly<Record<string, string>> = {
    EACCES: 'Run as root, or give a directory of your own with --state.',
    EPERM: 'Run as root, or give a directory of your own with --state.',
    EROFS: 'The file system is read-only; give a writable directory with --state.',
    ENOSPC: 'The disk is full; free some space and start again.',
  }
  return new AgentError('state-unusable', `${path} cannot be ${verb}${code === undefined ? '' : ` (${code})`}`, {
    cause,
    hint: hints[code ?? ''] ?? 'Check the state directory, or give another one with --state.',
    details: { path },
  })
}
