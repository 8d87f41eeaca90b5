import type { Rule } from './import-rules.ts'
import { type Finding, lineAt, type SourceFile, visit } from './source.ts'
import { isTest } from './workspaces.ts'

/** Longest file, in lines (STYLE.md A2). */
export const MAX_FILE_LINES = 350
/** Longest function, in lines of its own (STYLE.md A2). */
export const MAX_FUNCTION_LINES = 50

const ENTRY_FILE = /(^|\/)src\/main\.tsx?$|^bin\/|(^|\/)vite(st)?\.config\.ts$/

/** `process.env` is read where a program starts and nowhere else; tests start programs. */
export const environmentIsReadInEntryFiles: Rule = (file) => {
  if (ENTRY_FILE.test(file.path) || isTest(file)) return []
  const findings: Finding[] = []
  const refuse = (offset: number) =>
    findings.push({ path: file.path, line: lineAt(file, offset), message: 'process.env outside an entry file' })
  visit(file, {
    MemberExpression(node) {
      if (isMember(node, 'process', 'env')) refuse(node.start)
    },
    ImportDeclaration(node) {
      if (!/^(node:)?process$/.test(node.source.value)) return
      for (const specifier of node.specifiers) {
        if (specifier.type === 'ImportSpecifier' && nameOf(specifier.imported) === 'env') refuse(specifier.start)
      }
    },
    VariableDeclarator(node) {
      if (node.init?.type !== 'Identifier' || node.init.name !== 'process' || node.id.type !== 'ObjectPattern') return
      for (const property of node.id.properties) {
        if (property.type === 'Property' && nameOf(property.key) === 'env') refuse(property.start)
      }
    },
  })
  return findings
}

const TIMERS = new Set(['setTimeout', 'setInterval'])
const FREE_OF_CLOCK_RULE = /^(runtime|coordinator\/web|bin|tests\/run)\//

/**
 * Time and randomness are passed in: outside `runtime` and the pages no timer, no `Math.random`; in code that ships
 * no `Date.now`, `new Date()` or `performance.now` either. Tests may read the clock to measure, but not wait by it.
 */
export const timeAndChanceArePassedIn: Rule = (file) => {
  if (FREE_OF_CLOCK_RULE.test(file.path)) return []
  const findings: Finding[] = []
  const refuse = (offset: number, what: string) =>
    findings.push({ path: file.path, line: lineAt(file, offset), message: `${what} outside runtime` })
  const mayReadClock = isTest(file)
  visit(file, {
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && TIMERS.has(node.callee.name)) refuse(node.start, node.callee.name)
      if (isMember(node.callee, 'globalThis', 'setTimeout')) refuse(node.start, 'setTimeout')
      if (isMember(node.callee, 'globalThis', 'setInterval')) refuse(node.start, 'setInterval')
    },
    MemberExpression(node) {
      if (isMember(node, 'Math', 'random')) refuse(node.start, 'Math.random')
      if (!mayReadClock && isMember(node, 'Date', 'now')) refuse(node.start, 'Date.now')
      if (!mayReadClock && isMember(node, 'performance', 'now')) refuse(node.start, 'performance.now')
    },
    NewExpression(node) {
      const isNow = node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0
      if (isNow && !mayReadClock) refuse(node.start, 'new Date()')
    },
    ImportDeclaration(node) {
      if (/^(node:)?timers(\/promises)?$/.test(node.source.value)) refuse(node.start, node.source.value)
    },
  })
  return findings
}

/** No file above the limit. */
export const filesAreShort: Rule = (file) => {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0)
  return lines <= MAX_FILE_LINES
    ? []
    : [{ path: file.path, line: MAX_FILE_LINES + 1, message: `${lines} lines, limit ${MAX_FILE_LINES}` }]
}

/** No function above the limit; the bodies of `describe` and `test` are exempt, and so is JSX, which is markup. */
export const functionsAreShort: Rule = (file) =>
  isTest(file) || file.path.endsWith('.tsx')
    ? []
    : functionLengths(file)
        .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
        .map(({ name, line, lines }) => ({
          path: file.path,
          line,
          message: `${name} has ${lines} lines, limit ${MAX_FUNCTION_LINES}`,
        }))

/** A function of a file: name where it has one, and its first line. */
export interface FunctionLength {
  readonly name: string
  readonly line: number
  /** Own lines, see `functionLengths`. */
  readonly lines: number
}

/**
 * Lengths of all functions of a file, for the limit and for the report. A function's length is that of its own lines:
 * those of functions inside it are theirs, so that a factory which returns methods is measured as a class would be.
 */
export function functionLengths(file: SourceFile): readonly FunctionLength[] {
  const found: FunctionLength[] = []
  const open: { inner: number }[] = []
  const enter = () => {
    open.push({ inner: 0 })
  }
  const leave = (name: string, start: number, end: number) => {
    const line = lineAt(file, start)
    const lines = lineAt(file, end) - line + 1
    found.push({ name, line, lines: lines - (open.pop()?.inner ?? 0) })
    const around = open.at(-1)
    if (around !== undefined) around.inner += lines - 1
  }
  visit(file, {
    FunctionDeclaration: enter,
    FunctionExpression: enter,
    ArrowFunctionExpression: enter,
    'FunctionDeclaration:exit': (node) => leave(node.id?.name ?? 'function', node.start, node.end),
    'FunctionExpression:exit': (node) => leave(node.id?.name ?? 'method', node.start, node.end),
    'ArrowFunctionExpression:exit': (node) => leave('arrow function', node.start, node.end),
  })
  return found
}

/** No path of the machine on which somebody works: neither the checkout's own folder nor the folder beside it. */
export function machinePathsIn(path: string, text: string, root: string): readonly Finding[] {
  const parent = root.slice(0, root.lastIndexOf('/'))
  const needles = parent.split('/').length > 2 || parent.length > 4 ? [root, `${parent}/`] : [root]
  return text
    .split('\n')
    .flatMap((line, index) =>
      needles.some((needle) => line.includes(needle))
        ? [{ path, line: index + 1, message: 'names a folder of this machine' }]
        : [],
    )
}

const VAGUE = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc'])

/** No folder with a name that says nothing. */
export function vagueFoldersIn(path: string): readonly Finding[] {
  return path
    .split('/')
    .slice(0, -1)
    .filter((folder) => VAGUE.has(folder))
    .map((folder) => ({ path, line: 1, message: `folder ${folder} says nothing about what is in it` }))
}

interface MemberLike {
  readonly type: string
  readonly object?: unknown
  readonly property?: unknown
}

function isMember(node: MemberLike, object: string, property: string): boolean {
  return node.type === 'MemberExpression' && nameOf(node.object) === object && nameOf(node.property) === property
}

function nameOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null || !('type' in node)) return undefined
  if (node.type === 'Identifier' && 'name' in node && typeof node.name === 'string') return node.name
  if (node.type === 'Literal' && 'value' in node && typeof node.value === 'string') return node.value
  return undefined
}
