import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { fillTree, MINIMAL, temporaryDirectory } from './tree-fixture.ts'

const PROGRAMS = [
  'sh',
  'bash',
  'cat',
  'mkdir',
  'rm',
  'ln',
  'chmod',
  'mv',
  'sleep',
  'mkfifo',
  'ps',
  'id',
  'touch',
] as const

/** A tree with a shell and a few programs, copied from this machine with their libraries; made once a test file. */
export function shellTreeSource(): () => string {
  let source: string | undefined
  afterAll(() => {
    if (source !== undefined) rmSync(source, { recursive: true, force: true })
  })
  return () => {
    source ??= makeSource()
    const copy = join(temporaryDirectory(), 'tree')
    execFileSync('cp', ['-a', source, copy])
    return copy
  }
}

function makeSource(): string {
  const root = mkdtempSync(join(tmpdir(), 'muster-shell-tree-'))
  fillTree(root, { ...MINIMAL, proc: { directory: 0o555 }, dev: { directory: 0o755 }, tmp: { directory: 0o1777 } })
  for (const program of PROGRAMS) {
    const path = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim()
    copyInto(root, path, join('/bin', program))
    const listing = execFileSync('ldd', [path], { encoding: 'utf8' })
    for (const [, library = ''] of listing.matchAll(/(\/[^\s()]+)/g)) copyInto(root, library, library)
  }
  return root
}

function copyInto(root: string, from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true })
  copyFileSync(from, join(root, to))
  execFileSync('chmod', ['0755', join(root, to)])
}
