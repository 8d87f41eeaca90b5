import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getAsset, isSea } from 'node:sea'
import { Script } from 'node:vm'

/**
 * Main file of a program in parts. The parts that each start needs stand in front of this text; the others are assets,
 * read when they are first asked for, so that a process has no memory for code that it does not run. Beside a checkout
 * they are files in the folder of this one.
 */
type Part = (exports: object, require: (name: string) => unknown, module: { exports: object }) => void

/** Parts in this file, by the names under which parts ask for each other. */
declare const PARTS: Readonly<Record<string, Part>>
/** The part to begin with. */
declare const ENTRY: string
/** Folder of the assets. */
declare const ASSETS: string

const started = new Map<string, { exports: object }>()

function load(name: string): unknown {
  if (!name.startsWith('./')) return require(name)
  const known = started.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  started.set(name, module)
  const run = PARTS[name] ?? read(name)
  run(module.exports, load, module)
  return module.exports
}

function read(name: string): Part {
  const key = `${ASSETS}/${name.slice(2)}`
  const text = isSea() ? getAsset(key, 'utf8') : readFileSync(join(__dirname, key), 'utf8')
  return new Script(text, { filename: key }).runInThisContext()
}

load(ENTRY)
