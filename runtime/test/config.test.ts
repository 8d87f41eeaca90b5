import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeConfigText, flag, integer, loadConfig, oneOf, text } from '../src/config.ts'
import { ConfigError } from '../src/config-error.ts'

const fields = {
  coordinator: { decode: text },
  level: { decode: oneOf('info', 'debug'), default: 'info' as const },
  'http.port': { decode: integer(1, 65_535), default: 8080 },
  'http.secure': { decode: flag, default: true },
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

function problemsOf(content: string): ConfigError {
  try {
    decodeConfigText(content, 'agent.conf', fields)
  } catch (error) {
    if (error instanceof ConfigError) return error
  }
  throw new Error('was accepted')
}

describe('configuration file', () => {
  test('gives typed values and defaults, frozen', () => {
    const config = decodeConfigText('coordinator = https://muster.example\n[http]\nport=81\nsecure = no\n', 'x', fields)
    expect(config).toEqual({
      coordinator: 'https://muster.example',
      level: 'info',
      'http.port': 81,
      'http.secure': false,
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('names file, line and key of every problem at once', () => {
    const error = problemsOf('coordinator=x\nlevel = loud\ncolour=red\n[http]\nport=0\n')
    expect(error.code).toBe('invalid')
    expect(error.message.split('\n')).toEqual([
      'agent.conf:2: level must be one of info, debug',
      'agent.conf:3: unknown key "colour"',
      'agent.conf:5: http.port must be a whole number from 1 to 65535',
    ])
    expect(error.hint).toContain('http.port')
  })

  test('a required key that is not there is missing', () => {
    expect(problemsOf('level=info\n')).toMatchObject({ code: 'missing', message: 'agent.conf: coordinator is missing' })
  })

  test.each(['1e3', '', ' 12x', '99999999999999999999'])('%j is no number', (value) => {
    expect(integer(0, 100_000)(value)).toHaveProperty('problem')
  })

  test('a file that is not there is unreadable, with a next step', async () => {
    const error = await loadConfig(join(folder, 'none.conf'), fields).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'unreadable', name: 'ConfigError' })
    expect((error as ConfigError).hint).toContain('Check')
  })

  test('a file is read', async () => {
    const path = join(folder, 'agent.conf')
    await writeFile(path, 'coordinator=http://127.0.0.1:1\n')
    expect((await loadConfig(path, fields)).coordinator).toBe('http://127.0.0.1:1')
  })
})
