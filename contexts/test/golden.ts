import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'

/** Compares a text with a file of the repository; `UPDATE_GOLDEN=1` writes the file instead. */
export function expectGolden(actual: string, file: URL): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file.pathname), { recursive: true })
    writeFileSync(file, actual)
  }
  expect(existsSync(file), `${file.pathname} is missing; UPDATE_GOLDEN=1 writes it`).toBe(true)
  expect(actual, `${file.pathname} differs; UPDATE_GOLDEN=1 rewrites it`).toBe(readFileSync(file, 'utf8'))
}
