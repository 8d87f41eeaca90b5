import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ESTree, parseSync, Visitor, type VisitorObject } from 'vite'

/**
 * One parsed file of the project.
 *
 * The parser is the one inside Vite (oxc), which is here anyway and reads TypeScript and JSX as they are written.
 * `stripTypeScriptTypes` with an import lexer would do for imports, but erases `import type`, knows no JSX and cannot
 * tell a call of `Date.now` from the same words in a comment.
 */
export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: ESTree.Program
  readonly imports: readonly ImportUse[]
  /** Where the file is not valid TypeScript. */
  readonly syntaxErrors: readonly string[]
}

/** One place where a file names another module: static, dynamic with a plain text, re-export or type import. */
export interface ImportUse {
  readonly specifier: string
  readonly line: number
}

/** What breaks a rule, and where; `line` counts from 1. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** Parses one file given as text; `path` decides the language by its ending. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text)
  const draft = { path, text, program, syntaxErrors: errors.map((error) => error.message) }
  return { ...draft, imports: collectImports(draft) }
}

/** Line of an offset, from 1. */
export function lineAt(file: Pick<SourceFile, 'text'>, offset: number): number {
  let line = 1
  for (
    let index = file.text.indexOf('\n');
    index !== -1 && index < offset;
    index = file.text.indexOf('\n', index + 1)
  ) {
    line += 1
  }
  return line
}

/** Calls the given functions for the nodes of a file; see the parser's `Visitor`. */
export function visit(file: Pick<SourceFile, 'program'>, visitor: VisitorObject): void {
  new Visitor(visitor).visit(file.program)
}

function collectImports(file: Omit<SourceFile, 'imports'>): ImportUse[] {
  const found: ImportUse[] = []
  const add = (source: ESTree.Expression | null | undefined) => {
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return
    found.push({ specifier: source.value, line: lineAt(file, source.start) })
  }
  visit(file, {
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
  })
  return found
}

const SOURCE_GLOB = '**/*.{ts,tsx,mjs,js}'
const NOT_SOURCE = new Set(['node_modules', 'dist', 'coverage', '.cache', '.git', 'testdata', 'bench-results', 'data'])

/** All source files below the root, parsed, in a stable order; installed and generated folders are left out. */
export function readSources(root: string): readonly SourceFile[] {
  return listFiles(root, SOURCE_GLOB).map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

/** Paths below the root that match, without installed and generated folders. */
export function listFiles(root: string, pattern: string): readonly string[] {
  const exclude = (entry: { readonly name: string }) => NOT_SOURCE.has(entry.name)
  return globSync(pattern, { cwd: root, exclude, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}
