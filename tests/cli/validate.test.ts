import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandLine, createCommandLine } from './command-line.ts'

const GOOD = '[cernvm]\norganisations=ALICE\n'
const TYPO = '[cernvm]\norganisations=ALICE\nusrs=alice:alice\n'

let cli: CommandLine
beforeEach(() => {
  cli = createCommandLine()
})
afterEach(() => cli[Symbol.dispose]())

describe('muster context validate', () => {
  test('says nothing about a good context on standard output, and exits 0', async () => {
    const ended = await cli.run(['context', 'validate', cli.file('good.context', GOOD)])
    expect(ended).toMatchObject({ code: 0, stdout: '' })
    expect(ended.stderr).toContain('no problems')
  })

  test('gives each problem with file, line, column, code and hint', async () => {
    const file = cli.file('typo.context', TYPO)
    const ended = await cli.run(['context', 'validate', file])
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(new RegExp(`^${file}:3:1: warning\\[unknown-key\\]: .*usrs.*\n +hint: .*users`))
  })

  test('--strict makes warnings errors, and exits 65', async () => {
    const ended = await cli.run(['context', 'validate', '--strict', cli.file('typo.context', TYPO)])
    expect(ended).toMatchObject({ code: 65, stdout: expect.stringContaining(': error[unknown-key]: ') })
  })

  test('--annotate shows the line and marks the place', async () => {
    const ended = await cli.run(['context', 'validate', '--annotate', cli.file('typo.context', TYPO)])
    expect(ended.stdout).toMatch(/\n +3 \| usrs=.*\n +\| \^\^\^\^/)
  })

  test('reads standard input for -', async () => {
    const ended = await cli.run(['context', 'validate', '-'], { stdin: TYPO })
    expect(ended.stdout).toMatch(/^<stdin>:3:1: warning/)
  })

  test('undoes gzip', async () => {
    const ended = await cli.run(['context', 'validate', cli.file('packed.context', gzipSync(TYPO))])
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining(':3:1: warning[unknown-key]') })
  })

  test.each<[string, string | Uint8Array, string]>([
    ['binary', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0, 1), 'not-text'],
    ['Latin-1', Buffer.from('[cernvm]\norganisations=caf\xe9\n', 'latin1'), 'not-text'],
    ['UTF-16', Buffer.from('\ufeff[cernvm]', 'utf16le'), 'not-text'],
    ['too large', 'x'.repeat(1024 * 1024 + 1), 'too-large'],
    ['a gzip bomb', gzipSync(new Uint8Array(64 * 1024 * 1024)), 'too-large'],
  ])('refuses what is %s with its place, and exits 65', async (_, content, code) => {
    const file = cli.file('bad.context', content)
    const ended = await cli.run(['context', 'validate', file])
    expect(ended.code).toBe(65)
    expect(ended.stdout).toMatch(new RegExp(`^${file}:\\d+:\\d+: error\\[${code}\\]: `))
  })

  test('goes through all files, and exits 65 when one of them is bad', async () => {
    const bad = cli.file('bad.context', Uint8Array.of(0xff, 0x00))
    const ended = await cli.run(['context', 'validate', bad, cli.file('typo.context', TYPO)])
    expect(ended.code).toBe(65)
    expect(ended.stdout).toMatch(/bad\.context.*error\[not-text\][\s\S]*typo\.context.*warning\[unknown-key\]/)
  })

  test.each([
    ['missing', 'nothing.context', /no such file/],
    ['a directory', 'folder', /it is a directory/],
  ])('says why a file that is %s cannot be read, and exits 65', async (_, name, reason) => {
    mkdirSync(join(cli.folder, 'folder'))
    const ended = await cli.run(['context', 'validate', join(cli.folder, name)])
    expect(ended).toMatchObject({ code: 65, stdout: '' })
    expect(ended.stderr).toMatch(/^error\[bad-file\]: .*\n {2}next: /)
    expect(ended.stderr).toMatch(reason)
  })

  test('--json has a stable shape', async () => {
    const file = cli.file('typo.context', TYPO)
    const ended = await cli.run(['context', 'validate', '--json', '--strict', file])
    expect(ended).toMatchObject({ code: 65, stderr: '' })
    expect(JSON.parse(ended.stdout)).toEqual({
      isValid: false,
      files: [
        {
          file,
          isValid: false,
          diagnostics: [
            {
              severity: 'error',
              code: 'unknown-key',
              message: expect.any(String),
              hint: expect.stringContaining('users'),
              line: 3,
              column: 1,
              endLine: 3,
              endColumn: 5,
            },
          ],
        },
      ],
    })
  })

  test('does not let a file name or a context steer the terminal', async () => {
    const file = cli.file('evil\u001b[31m.context', '[cernvm]\n\u001b]0;owned\u0007=1\n')
    const ended = await cli.run(['context', 'validate', '--annotate', file])
    for (const control of ['\u001b', '\u0007']) expect(ended.stdout + ended.stderr).not.toContain(control)
  })
})

describe('muster context plan', () => {
  test('shows what a context wants, and masks its secrets', async () => {
    const file = cli.file('a.context', '[cernvm]\nusers=alice:alice:hidden-password\n')
    const ended = await cli.run(['context', 'plan', file])
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/^\+ .*user alice/m)
    expect(ended.stdout + ended.stderr).not.toContain('hidden-password')
  })

  test('--json lists the resources by address', async () => {
    const file = cli.file('a.context', '[cernvm]\nusers=alice:alice:hidden-password\n')
    const ended = await cli.run(['context', 'plan', '--json', file])
    const { resources, contextDigest } = JSON.parse(ended.stdout)
    expect(contextDigest).toMatch(/^[0-9a-f]{64}$/)
    expect(resources).toContainEqual({
      kind: 'user',
      address: 'user:alice',
      summary: expect.stringContaining('alice'),
      plugin: 'cernvm',
      undo: 'exact',
    })
    expect(ended.stdout).not.toContain('hidden-password')
  })

  test('has no plan for a context with errors, and exits 65', async () => {
    const ended = await cli.run(['context', 'plan', '--strict', cli.file('typo.context', TYPO)])
    expect(ended).toMatchObject({ code: 65, stdout: '' })
    expect(ended.stderr).toMatch(/error\[unknown-key\][\s\S]*error\[invalid-context\]/)
  })
})

describe('the command line itself', () => {
  test.each([
    [['context', 'validate'], 64],
    [['bogus'], 64],
    [['pair', '--context'], 64],
    [[], 64],
    [['--help'], 0],
    [['pair', '--help'], 0],
    [['--version'], 0],
  ])('%j exits %i', async (args, code) => {
    const ended = await cli.run(args)
    expect(ended.code).toBe(code)
    expect(code === 0 ? ended.stdout : ended.stderr).not.toBe('')
  })

  test('suggests the command that was meant', async () => {
    expect((await cli.run(['context', 'valdate', 'x'])).stderr).toContain('Did you mean validate?')
  })

  test.each(['bash', 'zsh', 'fish'])('prints a completion script for %s', async (shell) => {
    const ended = await cli.run(['completion', shell])
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain('--passphrase-file'.slice(shell === 'fish' ? 2 : 0))
  })

  test('completes commands and options in bash', async () => {
    const script = cli.file('completion.bash', (await cli.run(['completion', 'bash'])).stdout)
    const { startProgram } = await import('../program.ts')
    const complete = async (...words: readonly string[]) => {
      const line = words.map((word) => `'${word}'`).join(' ')
      const probe = `source '${script}'; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _muster; echo "\${COMPREPLY[*]}"`
      return (await startProgram('bash', ['-c', probe]).ended).stdout.trim().split(' ')
    }
    expect(await complete('muster', 'con')).toEqual(['context'])
    expect(await complete('muster', 'context', 'p')).toEqual(['plan', 'publish'])
    expect(await complete('muster', 'context', 'publish', '--pass')).toEqual(['--passphrase-file'])
  })
})
