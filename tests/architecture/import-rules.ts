import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { type Finding, lineAt, type SourceFile, visit } from './source.ts'
import { isTest, packageOf, workspaceNamed, workspaceOf } from './workspaces.ts'

/** Rule over one file: what breaks it, nothing when it is kept. */
export type Rule = (file: SourceFile) => readonly Finding[]

/**
 * Parts import each other only in the directions of DESIGN.md section 4, and by package name, never by path. How the
 * tests are run is theirs: the file at the root that says so may import them.
 */
export const importsFollowTheDesign: Rule = (file) => {
  const own = workspaceOf(file.path)
  return file.imports.flatMap(({ specifier, line }) => {
    const refuse = (message: string) => [{ path: file.path, line, message }]
    if (specifier.startsWith('.')) {
      const target = posix.normalize(posix.join(posix.dirname(file.path), specifier))
      const owner = workspaceOf(target)
      const isReachable = owner?.packageName === undefined && own?.mayImport.includes(owner?.folder ?? '') === true
      const isTestRun = file.path === 'vitest.config.ts' && owner?.folder === 'tests'
      return owner === own || isReachable || isTestRun
        ? []
        : refuse(`${specifier} leaves ${own?.folder ?? 'the root'}; import by package name`)
    }
    const target = workspaceNamed(specifier)
    if (target === undefined || target === own) return []
    if (own?.mayImport.includes(target.folder)) return []
    return refuse(`${own?.folder ?? 'the root'} may not import ${target.folder}`)
  })
}

const NODE_GLOBALS = new Set(['process', 'Buffer', '__dirname', '__filename', 'require', 'setImmediate'])

/** `contexts` runs in the browser too: no module of Node, no global that only Node has. */
export const contextsIsPure: Rule = (file) => {
  if (!file.path.startsWith('contexts/src/')) return []
  const findings: Finding[] = file.imports
    .filter(({ specifier }) => isBuiltin(specifier) || specifier === 'bun')
    .map(({ specifier, line }) => ({ path: file.path, line, message: `${specifier} exists in Node only` }))
  visit(file, {
    MemberExpression(node) {
      if (node.object.type !== 'Identifier' || !NODE_GLOBALS.has(node.object.name)) return
      findings.push({
        path: file.path,
        line: lineAt(file, node.start),
        message: `${node.object.name} exists in Node only`,
      })
    },
  })
  return findings
}

const LIBP2P = /^(libp2p|@libp2p\/|@chainsafe\/(libp2p-|is-ip|netmask)|@multiformats\/|multiformats$|it-)/

/** libp2p and its companions are imported in `mesh` only. */
export const libp2pStaysInMesh: Rule = (file) =>
  file.path.startsWith('mesh/')
    ? []
    : file.imports
        .filter(({ specifier }) => LIBP2P.test(specifier))
        .map(({ specifier, line }) => ({ path: file.path, line, message: `${packageOf(specifier)} belongs in mesh` }))

/** No `export *`: a reader must see where a name comes from. */
export const nothingIsReExportedWhole: Rule = (file) => {
  const findings: Finding[] = []
  visit(file, {
    ExportAllDeclaration(node) {
      findings.push({ path: file.path, line: lineAt(file, node.start), message: `export * from ${node.source.value}` })
    },
  })
  return findings
}

const TEST_ONLY = new Set(['vitest', 'fast-check', 'playwright-core', 'autocannon', 'tinybench', 'esbuild'])

/** What ships imports no testing tool. */
export const sourceImportsNoTestTool: Rule = (file) =>
  isTest(file) || file.path === 'vitest.config.ts'
    ? []
    : file.imports
        .filter(({ specifier }) => TEST_ONLY.has(packageOf(specifier)))
        // What ships is bundled there.
        .filter(({ specifier }) => !(file.path.startsWith('packaging/') && packageOf(specifier) === 'esbuild'))
        .map(({ specifier, line }) => ({ path: file.path, line, message: `${specifier} is for tests` }))
