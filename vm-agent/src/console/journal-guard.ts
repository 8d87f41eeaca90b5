import { fstatSync } from 'node:fs'
import { ConfigError } from '@muster/runtime/config-error.ts'

/**
 * Refuses a console that systemd writes into its journal: the PIN must not be kept there, where everybody who may read
 * logs finds it.
 *
 * @param journalStream - `JOURNAL_STREAM`: device and inode of the journal's end, as systemd hands it over
 * @param fd - descriptor on which the console would be written
 * @throws {ConfigError} invalid
 */
export function refuseJournal(journalStream: string | undefined, fd: number): void {
  if (journalStream === undefined || journalStream === '') return
  const { dev, ino } = fstatSync(fd)
  if (journalStream !== `${dev}:${ino}`) return
  throw new ConfigError(
    'invalid',
    'The console is standard output, which goes to the journal: a PIN must not be there',
    {
      hint: 'Give a device with --console (for example /dev/tty1 or /dev/ttyS0), or --console none with --issue FILE.',
    },
  )
}
