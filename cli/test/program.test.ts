import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../src/program.ts'

const reference = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
const program = createProgram({ run: async () => undefined })

/** Every command that does something, by its words. */
function leavesOf(command: Command, words: readonly string[]): readonly (readonly [string, Command])[] {
  const below = command.commands.filter((child) => child.name() !== 'help')
  if (below.length === 0) return [[words.join(' '), command]]
  return below.flatMap((child) => leavesOf(child, [...words, child.name()]))
}

describe.each(leavesOf(program, ['muster']))('%s', (words, command) => {
  const [, section = ''] = reference.split(new RegExp(`^### \`${words}\\b`, 'm'))
  const text = section.split(/^##/m)[0] ?? ''

  test('has a part in the reference that names all its options', () => {
    expect(text).not.toBe('')
    for (const { long } of command.options) expect(text, `${words} ${long}`).toContain(long)
  })

  test('explains itself and each of its options', () => {
    expect(command.description()).not.toBe('')
    for (const option of command.options) expect(option.description, option.flags).not.toBe('')
  })
})

test('the options of all commands are in the reference', () => {
  for (const { long } of program.options) expect(reference).toContain(`\`${long}`)
})
