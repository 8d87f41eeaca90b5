import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, build, type Metafile, transform } from 'esbuild'
import { BuildError } from './build-error.ts'
import type { ShippedProgram } from './shipped-program.ts'

/** A part of a program that is loaded when it is asked for. */
export interface BundledPart {
  /** Key as an asset; below the folder of the bundle also its path. */
  readonly key: string
  readonly file: string
}

/** What a bundle consists of, besides its main file. */
export interface SplitBundle {
  /** Files that went in, from the root of the checkout. */
  readonly inputs: readonly string[]
  readonly parts: readonly BundledPart[]
}

/** Folder of the parts, below that of the main file, and first part of their keys. */
const ASSETS = 'code'
const MAIN = join(import.meta.dirname, 'inside/run-parts.ts')
const CJS = { format: 'cjs', platform: 'node', target: 'node24', minify: true, legalComments: 'none' } as const

/**
 * Bundles a program into a main file, with all that its usual start needs, and parts for what it imports dynamically.
 * In one file that would cost memory in each process, since the text and all functions of a file are made at its start.
 * The bundler splits modules of JavaScript only, and a single executable has only scripts: so each part is turned into
 * one, and {@link MAIN} joins them.
 */
export async function bundleInParts(
  options: BuildOptions,
  { program, outfile }: { readonly program: ShippedProgram; readonly outfile: string },
): Promise<SplitBundle> {
  const { metafile, outputFiles } = await build({
    ...options,
    entryPoints: [program.entry],
    outdir: dirname(outfile),
    format: 'esm',
    splitting: true,
    write: false,
    metafile: true,
  })
  const paths = Object.keys(metafile.outputs)
  const main = new Set([program.entry, ...program.startsWith].flatMap((entry) => neededFor(metafile, entry)))
  const scripts = new Map<string, string>()
  for (const { path, text } of outputFiles) scripts.set(`./${basename(path)}`, await scriptOf(text))
  const names = paths.map((path) => `./${basename(path)}`)
  const inMain = names.filter((_, place) => main.has(paths[place] ?? ''))
  const entry = `./${basename(outputOf(metafile, program.entry))}`
  writeFileSync(outfile, await mainFile(scripts, inMain, entry))
  return {
    inputs: Object.keys(metafile.inputs).sort(),
    parts: names.filter((name) => !inMain.includes(name)).map((name) => writePart(dirname(outfile), name, scripts)),
  }
}

/** The outputs that are evaluated with an entry: its own and what that imports statically. */
function neededFor(metafile: Metafile, entry: string): readonly string[] {
  const needed = new Set<string>()
  const add = (path: string) => {
    if (needed.has(path)) return
    needed.add(path)
    for (const { kind, path: next, external } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) add(next)
    }
  }
  add(outputOf(metafile, entry))
  return [...needed]
}

function outputOf(metafile: Metafile, entry: string): string {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === entry)
  if (found !== undefined) return found[0]
  throw new BuildError(
    `${entry} is imported dynamically nowhere`,
    'Correct startsWith in packaging/src/shipped-program.ts.',
  )
}

/** A part as a function of the modules that it uses. */
async function scriptOf(text: string): Promise<string> {
  // Node's own modules are loaded by `require` as well: `import()` would load its machinery for modules, and evaluate
  // all that a module exports.
  const { code } = await transform(text, { ...CJS, supported: { 'dynamic-import': false } })
  return `(function(exports,require,module){${code}})`
}

async function mainFile(
  scripts: ReadonlyMap<string, string>,
  names: readonly string[],
  entry: string,
): Promise<string> {
  const parts = names.map((name) => `${JSON.stringify(name)}:${scripts.get(name)}`)
  const { code } = await transform(readFileSync(MAIN, 'utf8'), { ...CJS, loader: 'ts', minifyIdentifiers: false })
  const constants = `const ENTRY=${JSON.stringify(entry)},ASSETS=${JSON.stringify(ASSETS)},PARTS={${parts.join(',\n')}};`
  return `"use strict";${constants}\n${code}`
}

function writePart(folder: string, name: string, scripts: ReadonlyMap<string, string>): BundledPart {
  const key = `${ASSETS}/${name.slice(2)}`
  const file = join(folder, key)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, scripts.get(name) ?? '')
  return { key, file }
}
