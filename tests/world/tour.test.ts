import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { decodeWorldOptions } from '../../world/options.ts'

const checkout = join(import.meta.dirname, '../..')

/** Runs the entry of `npm start` to its end. */
async function runWorld(...args: string[]) {
  const child = spawn(process.execPath, [join(checkout, 'world/start.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { output, errors, code }
}

test('the tour pairs the machine, applies the context, and every check holds', async () => {
  const { output, errors, code } = await runWorld('--tour')
  expect(output.split('\n').filter((line) => line.includes('FAILED'))).toEqual([])
  expect(output).toContain('every check held')
  expect(errors).toBe('')
  expect(code).toBe(0)
})

test('an unknown option is a usage error with the next step', async () => {
  const { errors, code } = await runWorld('--turbo')
  expect(errors).toContain('--help')
  expect(code).toBe(64)
})

test('a data folder that is in use is refused', async () => {
  const { errors, code } = await runWorld('--data', checkout)
  expect(errors).toContain('is not empty')
  expect(code).toBe(64)
})

test('options are read', () => {
  expect(decodeWorldOptions(['--tour', '--data', 'x'])).toEqual({ isTour: true, isHelp: false, dataFolder: 'x' })
})
