import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { Client } from 'pg'
import { inject } from 'vitest'
import { openStore, SQLITE_FILE, type StoreLocation } from '../../src/store/store.ts'

/** The kind of store that this run of the test file is about. */
export const STORE_KIND = inject('store') ?? 'sqlite'

/** A place for a store that nobody else uses. */
export interface TestDatabase {
  readonly location: StoreLocation
  remove(): Promise<void>
}

/** Makes a place with nothing in it. @param folder - for an embedded store; it is not removed */
export async function createEmptyDatabase(folder: string): Promise<TestDatabase> {
  return STORE_KIND === 'postgres'
    ? createOnServer('template0')
    : { location: { kind: 'sqlite', folder }, remove: async () => undefined }
}

/** Makes a place with a migrated store: migrated once for each worker, then copied. */
export async function createMigratedDatabase(folder: string): Promise<TestDatabase> {
  if (STORE_KIND === 'postgres') {
    serverTemplate ??= createServerTemplate()
    return createOnServer(await serverTemplate)
  }
  fileTemplate ??= createFileTemplate()
  await writeFile(join(folder, SQLITE_FILE), await fileTemplate, { mode: 0o600 })
  return { location: { kind: 'sqlite', folder }, remove: async () => undefined }
}

/** Runs a statement beside the store, as another program would. */
export async function runSql(location: StoreLocation, statement: string): Promise<void> {
  if (location.kind === 'sqlite') {
    const database = new SqliteDatabase(join(location.folder, SQLITE_FILE))
    database.prepare(statement).run()
    database.close()
    return
  }
  await runOnServer(location.url, statement)
}

/** On a connection of its own: test files share their worker, and none knows whether it is the last. */
async function runOnServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

let fileTemplate: Promise<Buffer> | undefined
let serverTemplate: Promise<string> | undefined

async function createFileTemplate(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-coordinator-template-'))
  try {
    await migrateAt({ kind: 'sqlite', folder }, join(folder, 'copy'))
    return await readFile(join(folder, 'copy'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function createServerTemplate(): Promise<string> {
  const { location, name } = await createOnServer('template0')
  await migrateAt(location)
  return name
}

async function migrateAt(location: StoreLocation, copy?: string): Promise<void> {
  const store = await openStore(location)
  try {
    await store.migrate()
    if (copy !== undefined) await store.copyTo(copy)
  } finally {
    await store.close()
  }
}

async function createOnServer(template: string): Promise<TestDatabase & { readonly name: string }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await runOnServer(urlOf('postgres'), `create database ${name} template ${template}`)
  return {
    name,
    location: { kind: 'postgres', url: urlOf(name) },
    remove: () => runOnServer(urlOf('postgres'), `drop database if exists ${name} with (force)`),
  }
}

function urlOf(database: string): string {
  return `postgres://postgres@/${database}?host=${encodeURIComponent(inject('postgresSocket') ?? '')}`
}
