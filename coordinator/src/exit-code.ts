import { ConfigError } from '@muster/runtime/config-error.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { CommanderError } from 'commander'
import { StoreError, type StoreErrorCode } from './store/store-error.ts'

const STORE_EXITS: Readonly<Record<StoreErrorCode, ExitCode>> = {
  'too-new': EXIT.badConfig,
  'not-migrated': EXIT.badConfig,
  unusable: EXIT.internal,
  'not-empty': EXIT.notPermitted,
  damaged: EXIT.badInput,
}

/** Exit code of a command that failed with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof ConfigError) return EXIT.badConfig
  if (error instanceof StoreError) return STORE_EXITS[error.code]
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE' || code === 'SQLITE_BUSY') return EXIT.tryAgain
  if (code === 'EACCES' || code === 'EPERM') return EXIT.notPermitted
  return EXIT.failed
}
