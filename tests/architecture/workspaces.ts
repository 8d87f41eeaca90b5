import type { SourceFile } from './source.ts'

/** A part of the project as DESIGN.md section 4 draws it. */
export interface Workspace {
  readonly folder: string
  /** Package name under which others import it; undefined when nobody may. */
  readonly packageName: string | undefined
  /** Folders of the workspaces that it may import. */
  readonly mayImport: readonly string[]
}

const EVERYTHING = [
  'contexts',
  'runtime',
  'mesh',
  'vm-agent',
  'cloud-agent',
  'coordinator',
  'coordinator/web',
  'cli',
  'image-hooks',
  'packaging',
  'world',
]

/**
 * Who may import whom. The pages are a workspace of their own below the coordinator: they run in the browser, so of
 * ours they get the pure part only.
 */
export const WORKSPACES: readonly Workspace[] = [
  { folder: 'contexts', packageName: '@muster/contexts', mayImport: [] },
  { folder: 'runtime', packageName: '@muster/runtime', mayImport: [] },
  { folder: 'mesh', packageName: '@muster/mesh', mayImport: ['contexts', 'runtime'] },
  { folder: 'vm-agent', packageName: '@muster/vm-agent', mayImport: ['contexts', 'runtime', 'mesh', 'image-hooks'] },
  { folder: 'cloud-agent', packageName: '@muster/cloud-agent', mayImport: ['contexts', 'runtime', 'mesh'] },
  { folder: 'coordinator/web', packageName: '@muster/web', mayImport: ['contexts'] },
  { folder: 'coordinator', packageName: '@muster/coordinator', mayImport: ['contexts', 'runtime', 'mesh'] },
  { folder: 'cli', packageName: '@muster/cli', mayImport: ['contexts', 'runtime'] },
  { folder: 'image-hooks', packageName: '@muster/image-hooks', mayImport: ['contexts', 'runtime'] },
  // Makes files to ship from all of the others, whose sources it hands to a bundler.
  { folder: 'packaging', packageName: '@muster/packaging', mayImport: ['contexts', 'runtime'] },
  // Puts running parts together as processes; nobody imports it but the tests, by path.
  { folder: 'world', packageName: undefined, mayImport: ['contexts', 'runtime'] },
  { folder: 'tests', packageName: undefined, mayImport: EVERYTHING },
]

/** The workspace that holds a file; undefined for files at the root and in `bin`. */
export function workspaceOf(path: string): Workspace | undefined {
  return WORKSPACES.find(({ folder }) => path.startsWith(`${folder}/`))
}

/** The workspace that an import names, if it names one of ours. */
export function workspaceNamed(specifier: string): Workspace | undefined {
  return WORKSPACES.find(
    ({ packageName }) =>
      packageName !== undefined && (specifier === packageName || specifier.startsWith(`${packageName}/`)),
  )
}

/** Name of the installed package that an import names: `@scope/name` or `name`, without the path behind it. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

/** Whether the file is a test or stands in a folder of tests. */
export function isTest(file: Pick<SourceFile, 'path'>): boolean {
  return file.path.startsWith('tests/') || /(^|\/)test\//.test(file.path) || /\.test\.tsx?$/.test(file.path)
}
