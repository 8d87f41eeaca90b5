import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { getAsset, getAssetKeys } from 'node:sea'
import { pathToFileURL } from 'node:url'

/**
 * Part of the bundle of a program with assets, evaluated before anything else: what it reads by path (pages, the
 * database addon) becomes files in a folder that only this user can enter. The names below stand in the bundle for
 * Node's own, which a bundle does not have.
 */
const folder = mkdtempSync(join(tmpdir(), 'muster-assets-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const key of getAssetKeys()) {
  const path = join(folder, key)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, new Uint8Array(getAsset(key)))
}

/** As if the program stood in its checkout: `coordinator/src`, two folders below the root. */
export const bundleUrl: string = pathToFileURL(join(folder, 'coordinator/src/main.js')).href

/** Folder of the one package that finds its files from where its code stands. */
export const bundleFolder: string = join(folder, 'node_modules/@fastify/swagger-ui/lib')

/** Loads the database addon, once: `require` of a single executable knows modules of Node only. */
export function loadDatabaseAddon(): unknown {
  const module = { exports: {} }
  process.dlopen(module, join(folder, `node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`))
  return module.exports
}
