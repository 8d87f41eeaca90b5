import { appendFileSync } from 'node:fs'
import { onTestFinished, test } from 'vitest'
import { startProgram } from '../../program.ts'

/** Tells the process ids of its worker and of a program of its own, and goes on until somebody ends it. */
test('goes on', async () => {
  const program = startProgram(process.execPath, ['-e', "console.log('up'); setInterval(() => undefined, 1000)"])
  onTestFinished(async () => void (await program.stop()))
  program.child.stdout?.once('data', () => {
    appendFileSync(process.env['MUSTER_PIDS'] ?? '', `${process.pid} ${program.pid}\n`)
  })
  await program.ended
})
