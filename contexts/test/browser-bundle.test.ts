import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url))

describe('the contexts package in a browser', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-bundle-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('is bundled without anything of Node, every module of it', async () => {
    const modules = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    expect(modules.length).toBeGreaterThan(50)
    const result = await build({
      entryPoints: modules.map((name) => join(SOURCES, name)),
      bundle: true,
      platform: 'browser',
      format: 'esm',
      outdir: folder,
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    expect(result.errors).toEqual([])
    const inputs = Object.entries(result.metafile.inputs)
    expect(inputs.length).toBeGreaterThan(modules.length)
    for (const [path, input] of inputs) {
      for (const imported of input.imports) expect(imported.path, path).not.toMatch(/^node:/)
    }
  })

  it('would fail to be bundled with an import of Node', async () => {
    const outcome = await build({
      stdin: { contents: "import { readFileSync } from 'node:fs'; console.log(readFileSync)", loader: 'ts' },
      bundle: true,
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    }).catch((fault: unknown) => fault)
    expect(outcome).toBeInstanceOf(Error)
  })
})
