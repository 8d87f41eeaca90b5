import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { layAgentTree, type PackageTree } from './agent-tree.ts'
import type { BuildInput, BuiltProgram } from './build-program.ts'
import { DEBIAN_SCRIPTS } from './package-scripts.ts'
import { runTool } from './run-tool.ts'

/** Where packages go, of which time, and how hard they are compressed. */
export interface PackageInput extends Pick<BuildInput, 'out' | 'epoch'> {
  /** `small` takes minutes a file; `fast` is for tests. @default 'small' */
  readonly compression?: 'small' | 'fast'
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
const DEBIAN_COMPRESSION = { small: ['-Zxz', '-z6', '--threads-max=1'], fast: ['-Znone'] } as const

/** Who a package says to ask; there is no address of the project yet. */
const MAINTAINER = 'Muster <muster@localhost>'

/**
 * `NAME-VERSION-linux-ARCH.tar.xz` with the program and its bill of materials. Names, owners, times and order are the
 * same in each build.
 */
export function makeTarball(input: PackageInput, { program, version, file, sbom }: BuiltProgram): string {
  const level = input.compression === 'fast' ? '-0' : '-6'
  const name = `${program.name}-${version}-linux-${process.arch}.tar.xz`
  const fixed = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX']
  const target = join(input.out, name)
  const how = [...fixed, `--mtime=@${input.epoch}`, `--use-compress-program=xz ${level} -T1`, '-cf', target]
  runTool('tar', [...how, basename(file), basename(sbom)], { cwd: join(file, '..') })
  return target
}

/** `NAME_VERSION_ARCH.deb`; of the agent with all that it would install itself. */
export function makeDebianPackage({ out, epoch, compression = 'small' }: PackageInput, built: BuiltProgram): string {
  const { program, version } = built
  const architecture = ARCHITECTURES[process.arch] ?? process.arch
  const folder = mkdtempSync(join(tmpdir(), 'muster-deb-'))
  try {
    chmodSync(folder, 0o755)
    const { configFiles } = layPackageTree(built, folder)
    const control = join(folder, 'DEBIAN')
    mkdirSync(control, { mode: 0o755 })
    writeFileSync(join(control, 'control'), controlOf(built, architecture), { mode: 0o644 })
    if (configFiles.length > 0) writeFileSync(join(control, 'conffiles'), `${configFiles.join('\n')}\n`)
    if (program.name === 'muster-agent') {
      for (const [name, text] of Object.entries(DEBIAN_SCRIPTS))
        writeFileSync(join(control, name), text, { mode: 0o755 })
    }
    const target = join(out, `${program.name}_${version}_${architecture}.deb`)
    runTool('dpkg-deb', ['--root-owner-group', ...DEBIAN_COMPRESSION[compression], '--build', folder, target], {
      env: { ...toolEnvironment(), SOURCE_DATE_EPOCH: String(epoch) },
    })
    return target
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Lays out the files of a package, with the bill of materials and the license among the documents. */
export function layPackageTree(built: BuiltProgram, folder: string): PackageTree {
  const { program, file, sbom } = built
  const documents = join(folder, 'usr/share/doc', program.name)
  copy(sbom, documents, basename(sbom), 0o644)
  copy(join(import.meta.dirname, '../../LICENSE'), documents, 'copyright', 0o644)
  if (program.name === 'muster-agent') return layAgentTree(file, folder)
  copy(file, join(folder, 'usr/bin'), program.name, 0o755)
  return { folder, configFiles: [] }
}

function controlOf({ program, version }: BuiltProgram, architecture: string): string {
  return `Package: ${program.name}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Section: admin
Priority: optional
Depends: libc6 (>= ${program.glibc}), libstdc++6
Description: ${program.summary}
`
}

function copy(from: string, folder: string, name: string, mode: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  copyFileSync(from, join(folder, name))
  chmodSync(join(folder, name), mode)
}

/** Packaging tools need a search path and nothing else: what the environment says must not change the bytes. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
}
