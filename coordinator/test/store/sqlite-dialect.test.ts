import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { createSqliteDialect, openSqlite } from '../../src/store/sqlite-dialect.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-dialect-'))
const open: { destroy(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.destroy()
  rmSync(folder, { recursive: true, force: true })
})

test('a query that was prepared before answers with the rows and columns of now, however many came between', async () => {
  const db = new Kysely<Record<string, never>>({ dialect: createSqliteDialect(openSqlite(join(folder, 'a.sqlite'))) })
  open.push(db)
  await sql`create table seen (number integer)`.execute(db)
  const all = () => sql`select * from seen`.execute(db)
  expect((await all()).rows).toEqual([])
  // Each its own text, and more of them than are kept.
  for (let number = 0; number < 600; number++) await sql.raw(`insert into seen values (${number})`).execute(db)
  expect((await all()).rows).toHaveLength(600)
  await sql`alter table seen add column name text default 'x'`.execute(db)
  expect((await all()).rows[0]).toEqual({ number: 0, name: 'x' })
  await sql`delete from seen`.execute(db)
  expect((await all()).rows).toEqual([])
})
