import { ContextError } from '@muster/contexts/fault.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { CliError } from './cli-error.ts'
import { readBytes } from './text-file.ts'
import type { CliWorld } from './world.ts'

/** Longer files hold no passphrase. */
const MAX_FILE_BYTES = 4096

/**
 * A secret line: the first of a file or of standard input (`-`).
 *
 * @throws {CliError} bad-file - it cannot be read, is empty or endless
 */
export async function readSecretLine(world: CliWorld, file: string, what: string): Promise<Secret> {
  const bytes = await readBytes(world.terminal, file, MAX_FILE_BYTES)
  const [line = ''] = new TextDecoder().decode(bytes).split(/\r?\n/)
  if (line === '' || bytes.length > MAX_FILE_BYTES) {
    throw new CliError('bad-file', `No ${what} is in the first line of ${file === '-' ? 'standard input' : file}`, {
      hint: `Put the ${what} into the first line, and nothing else.`,
    })
  }
  return new Secret(line)
}

/** The passphrase that opens a sealed context: from a file, or asked for. */
export async function readPassphrase(world: CliWorld, file: string | undefined): Promise<Secret> {
  if (file !== undefined) return await readSecretLine(world, file, 'passphrase')
  if (!world.terminal.isInteractive) {
    throw new ContextError('sealed', 'The context is sealed, and there is nobody to ask for its passphrase', {
      hint: 'Give it with --passphrase-file FILE.',
    })
  }
  return await world.terminal.askHidden('Passphrase: ', world.signal)
}

/** A new passphrase: from a file, or asked for twice. */
export async function readNewPassphrase(world: CliWorld, file: string | undefined): Promise<Secret> {
  if (file !== undefined) return await readSecretLine(world, file, 'passphrase')
  const first = await world.terminal.askHidden('New passphrase: ', world.signal)
  const second = await world.terminal.askHidden('The same again: ', world.signal)
  if (first.equals(second)) return first
  throw new CliError('usage', 'The two passphrases differ', { hint: 'Try again.' })
}
