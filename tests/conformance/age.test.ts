import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openText, sealText } from '@muster/contexts/context/seal.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hasProgram } from '../capabilities.ts'
import { startProgram } from '../program.ts'
import { readPublicContext } from '../public-contexts/public-context.ts'
import { until } from '../until.ts'

const PASSPHRASE = 'seven green lanterns'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-age-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.runIf(hasProgram('age') && hasProgram('script'))('the age program', () => {
  test('opens what we seal', async () => {
    const text = readPublicContext('atlas')
    const sealed = join(folder, 'sealed')
    const opened = join(folder, 'opened')
    writeFileSync(sealed, await sealText(text, new Secret(PASSPHRASE), { workFactor: 12 }))
    await age(['--decrypt', '--output', opened, sealed], [PASSPHRASE])
    expect(readFileSync(opened, 'utf8')).toBe(text)
  })

  test('seals what we open', async () => {
    const text = readPublicContext('cms-opendata')
    const plain = join(folder, 'plain')
    const sealed = join(folder, 'sealed')
    writeFileSync(plain, text)
    await age(['--passphrase', '--armor', '--output', sealed, plain], [PASSPHRASE, PASSPHRASE])
    expect(await openText(readFileSync(sealed, 'utf8'), new Secret(PASSPHRASE))).toBe(text)
  })
})

/** Runs age below `script`, which gives it the terminal on which alone it asks for passphrases. */
async function age(args: readonly string[], answers: readonly string[]): Promise<void> {
  const command = ['age', ...args].map((arg) => `'${arg}'`).join(' ')
  const program = startProgram('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    isStdinOpen: true,
  })
  for (const [index, answer] of answers.entries()) {
    await until('the question of age', () =>
      (program.stdout().match(/passphrase/gi) ?? []).length > index ? true : undefined,
    )
    program.child.stdin?.write(`${answer}\n`)
  }
  const { code, stdout } = await program.ended
  if (code !== 0) throw new Error(`age ended with ${code}: ${stdout}`)
}
