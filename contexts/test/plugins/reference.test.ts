import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { renderDiagnosticReference, renderPluginReference } from '../../src/plugins/reference.ts'
import { PLUGINS } from '../../src/plugins/registry.ts'
import { DIAGNOSTIC_CODES } from '../../src/userdata/diagnostic-codes.ts'
import { planText } from './plan-text.ts'

/** Both pages are written by `vitest run -u`. */
const DOCS = new URL('../../../docs/reference/', import.meta.url)
const SOURCES = new URL('../../src/', import.meta.url)

describe('the reference pages', () => {
  it('of plugins say what the schemas check', async () => {
    await expect(renderPluginReference()).toMatchFileSnapshot(fileURLToPath(new URL('plugins.md', DOCS)))
  })

  it('of diagnostics list every code', async () => {
    await expect(renderDiagnosticReference()).toMatchFileSnapshot(fileURLToPath(new URL('diagnostics.md', DOCS)))
  })

  it('list no code that is never reported', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const sources = files
      .filter((name) => !name.endsWith('diagnostic-codes.ts'))
      .map((name) => readFileSync(new URL(name, SOURCES), 'utf8'))
      .join('\n')
    for (const code of Object.keys(DIAGNOSTIC_CODES)) expect(sources.includes(`'${code}'`), code).toBe(true)
  })
})

describe('the example of an option', () => {
  for (const plugin of PLUGINS.values()) {
    const needed = plugin.schema.keys.filter(({ isRequired }) => isRequired === true)
    const required = needed.map(({ key, example }) => `${key}=${example}\n`).join('')
    for (const key of plugin.schema.keys) {
      if (key.ignored !== undefined || key.type === 'base64' || key.type === 'icons' || key.type === 'repositories')
        continue
      it(`${plugin.name}: ${key.key}=${key.example} is accepted`, () => {
        expect(key.example).toBeDefined()
        const { codes } = planText(
          `[amiconfig]\nplugins=${plugin.name}\n[${plugin.section}]\n${required}${key.key}=${key.example}\n`,
        )
        expect(codes.filter((one) => !one.startsWith('info'))).toEqual([])
      })
    }
  }
})
