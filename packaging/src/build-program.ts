import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleProgram } from './bundle.ts'
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
  { root, out, commit, epoch }: BuildInput,
  program: ShippedProgram,
  { work, node }: { readonly work: string; readonly node: string },
): Promise<BuiltProgram> {
  const bundle = join(work, `${program.name}.cjs`)
  const { inputs, version } = await bundleProgram({ root, program, outfile: bundle, commit })
  const file = join(out, program.name)
  await makeExecutable({ root, bundle, node, flags: program.flags, assets: program.assets, outfile: file })
  const lock: PackageLock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const subject = { name: program.name, version, node: process.versions.node, epoch }
  const sbom = `${file}.cdx.json`
  writeFileSync(sbom, renderSbom(subject, packagesOf([...inputs, ...program.assets], lock)))
  return { program, version, file, sbom }
}
