import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundle, bundleProgram } from './bundle.ts'
import { makeExecutable, stripNode } from './executable.ts'
import { type PackageLock, packagesOf, renderSbom } from './sbom.ts'
import type { ShippedProgram } from './shipped-program.ts'

/** What all programs of one build share. */
export interface BuildInput {
  /** Root of the checkout. */
  readonly root: string
  /** Folder for the results. */
  readonly out: string
  /** Node whose copy is in each program; it makes the code cache too, so it must run here. */
  readonly node: string
  readonly commit: string | undefined
  /** Told by `--version` instead of the manifest's version with the commit. */
  readonly version?: string | undefined
  /** Time of the source, in seconds since 1970. */
  readonly epoch: number
}

/** A program that was built. */
export interface BuiltProgram {
  readonly program: ShippedProgram
  readonly version: string
  /** The executable. */
  readonly file: string
  readonly sbom: string
}

/** Builds programs, one after the other: each takes some seconds of a processor and 300 MB of the disk meanwhile. */
export async function buildPrograms(
  input: BuildInput,
  programs: readonly ShippedProgram[],
): Promise<readonly BuiltProgram[]> {
  const work = mkdtempSync(join(tmpdir(), 'muster-build-'))
  try {
    mkdirSync(input.out, { recursive: true })
    const node = join(work, 'node')
    stripNode(input.node, node)
    const built: BuiltProgram[] = []
    for (const program of programs) built.push(await buildProgram(input, program, { work, node }))
    return built
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function buildProgram(
  input: BuildInput,
  program: ShippedProgram,
  { work, node }: { readonly work: string; readonly node: string },
): Promise<BuiltProgram> {
  const outfile = join(work, `${program.name}.cjs`)
  const bundle = await bundleProgram({ ...input, program, outfile })
  return finishProgram(input, program, { bundle, outfile, node })
}

/** Makes the executable and its bill of materials of a bundle. Intermediate files are put beside the bundle. */
export async function finishProgram(
  { root, out, epoch }: Pick<BuildInput, 'root' | 'out' | 'epoch'>,
  program: ShippedProgram,
  { bundle, outfile, node }: { readonly bundle: Bundle; readonly outfile: string; readonly node: string },
): Promise<BuiltProgram> {
  const { inputs, parts, version } = bundle
  const { flags, assets } = program
  const file = join(out, program.name)
  await makeExecutable({ root, bundle: outfile, node, flags, assets, parts, outfile: file })
  const lock: PackageLock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const subject = { name: program.name, version, node: process.versions.node, epoch }
  const sbom = `${file}.cdx.json`
  writeFileSync(sbom, renderSbom(subject, packagesOf([...inputs, ...program.assets], lock)))
  return { program, version, file, sbom }
}
