import { writeSync } from 'node:fs'
import { silentLog } from '@muster/runtime/log.ts'
import { createIssuerJournal } from '../../src/keeping/issuer-journal.ts'
import { START } from '../admission/cluster.ts'
import { lifeOf } from './token-lives.ts'

/** Adds lives of tokens to a journal until it is killed; prints the number of each entry once it was told to be kept. */
const [, , path = '', first = '0'] = process.argv
const DAYS = 48 * 3_600_000
const journal = createIssuerJournal(path, { clock: { now: () => START + DAYS }, log: silentLog })
await journal.load()
let count = 0
for (let slot = Number(first); ; slot++) {
  for (const entry of lifeOf(slot, true)) {
    await journal.append(entry)
    count += 1
    writeSync(1, `${count}\n`)
  }
}
