import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { leanPackages } from './lean-packages.ts'
import type { ShippedProgram } from './shipped-program.ts'
import { bundleInParts, type SplitBundle } from './split-bundle.ts'

/** What is bundled and where to. */
export interface BundleInput {
  /** Root of the checkout. */
  readonly root: string
  readonly program: ShippedProgram
  readonly outfile: string
  /** Commit that `--version` tells, in short; undefined outside a checkout. */
  readonly commit: string | undefined
  /** Told by `--version` instead of the manifest's version with the commit. */
  readonly version?: string | undefined
}

/** A bundled program. */
export interface Bundle extends SplitBundle {
  readonly version: string
}

const INSIDE = join(import.meta.dirname, 'inside/unpacked-assets.ts')

/**
 * Bundles a program into one script, or for a program in parts into several. What is imported dynamically is evaluated
 * when it is asked for, as from source: libp2p costs an agent without a mesh nothing but the bytes.
 */
export async function bundleProgram(input: BundleInput): Promise<Bundle> {
  const { root, program } = input
  const version = input.version ?? versionOf(input)
  const options: BuildOptions = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    minify: true,
    // Names of classes are told in errors and compared by libp2p.
    keepNames: true,
    logLevel: 'error',
    legalComments: 'none',
    // Optional faster driver of PostgreSQL; the plain one is used.
    external: ['pg-native'],
    plugins: [tellVersion(root, program, version)],
  }
  const bundle = program.isInParts ? await bundleLean(options, input) : await bundleWhole(options, input)
  return { ...bundle, version }
}

async function bundleLean(options: BuildOptions, input: BundleInput): Promise<SplitBundle> {
  return bundleInParts({ ...options, plugins: [...(options.plugins ?? []), ...leanPackages] }, input)
}

async function bundleWhole(options: BuildOptions, { program, outfile }: BundleInput): Promise<SplitBundle> {
  const { metafile } = await build({
    ...options,
    entryPoints: [program.entry],
    outfile,
    format: 'cjs',
    metafile: true,
    plugins: [...(options.plugins ?? []), ...(program.unpacksAssets ? [addonFromAssets, pagesOfApi] : [])],
    ...(program.unpacksAssets && {
      inject: [INSIDE],
      define: { 'import.meta.url': 'bundleUrl', __dirname: 'bundleFolder' },
    }),
  })
  return { inputs: Object.keys(metafile.inputs).sort(), parts: [] }
}

/** The version of the manifest with the commit as build metadata, which semantic versioning ignores in comparisons. */
function versionOf({ root, program, commit }: BundleInput): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, program.manifest), 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0'
  return commit === undefined ? version : `${version}+${commit}`
}

/** Programs read their version from their manifest; of that file nothing else goes in. */
function tellVersion(root: string, program: ShippedProgram, version: string): Plugin {
  const manifest = join(root, program.manifest)
  return {
    name: 'version',
    setup({ onLoad }) {
      onLoad({ filter: /package\.json$/ }, ({ path }) =>
        path === manifest ? { contents: JSON.stringify({ version }), loader: 'json' } : undefined,
      )
    },
  }
}

/** better-sqlite3 looks for its addon beside its code; here it is an asset. */
const addonFromAssets: Plugin = {
  name: 'addon',
  setup({ onLoad }) {
    onLoad({ filter: /better-sqlite3\/lib\/binding\.js$/ }, () => ({
      contents: `import { loadDatabaseAddon } from ${JSON.stringify(INSIDE)}
let addon
export function getBinding() { return (addon ??= loadDatabaseAddon()) }`,
      loader: 'js',
    }))
  },
}

/** Of the package that looks for files beside its code, one module stands a folder above the others. */
const pagesOfApi: Plugin = {
  name: 'pages of the API',
  setup({ onLoad }) {
    onLoad({ filter: /@fastify\/swagger-ui\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('__dirname', "path.join(__dirname, '..')"),
      loader: 'js',
    }))
  },
}
