import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { download } from '../../src/update/download.ts'

/** Downloads more than there is room for, on a disk that said that there is. Prints how that ends. */
const [, , folder = ''] = process.argv
const file = { name: 'muster-agent', os: 'linux', arch: 'x64', bytes: 1_000_000, sha256: '00'.repeat(32) } as const

async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let sent = 0; sent < file.bytes; sent += 10_000) yield new Uint8Array(10_000)
}

const source = { name: 'memory', channel: async () => '', file: async () => ({ from: 0, pieces: pieces() }) }
const { signal } = new AbortController()
const code = await download({ source, freeBytes: async () => 2 ** 40 }, file, {
  path: join(folder, 'file'),
  signal,
}).then(
  () => 'done',
  (error: { readonly code?: string }) => error.code,
)
process.stdout.write(JSON.stringify({ code, files: readdirSync(folder) }))
