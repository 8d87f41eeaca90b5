import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { BuildInput, BuiltProgram } from './build-program.ts'
import { runTool } from './run-tool.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Who a package says to ask; there is no address of the project yet. */
const MAINTAINER = 'Muster <muster@localhost>'

/**
 * `NAME-VERSION-linux-ARCH.tar.xz` with the program and its bill of materials. Names, owners, times and order are the
 * same in each build.
 */
export function makeTarball({ out, epoch }: BuildInput, { program, version, file, sbom }: BuiltProgram): string {
  const name = `${program.name}-${version}-linux-${process.arch}.tar.xz`
  const fixed = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', `--mtime=@${epoch}`]
  runTool('tar', [...fixed, '--use-compress-program=xz -6 -T1', '-cf', name, basename(file), basename(sbom)], {
    cwd: out,
  })
  return join(out, name)
}

/** `NAME_VERSION_ARCH.deb`: the program in `/usr/bin`, its bill of materials among the documents. */
export function makeDebianPackage({ out, epoch }: BuildInput, built: BuiltProgram): string {
  const { program, version, file, sbom } = built
  const architecture = ARCHITECTURES[process.arch] ?? process.arch
  const tree = mkdtempSync(join(tmpdir(), 'muster-deb-'))
  try {
    chmodSync(tree, 0o755)
    install(file, join(tree, 'usr/bin'), program.name, 0o755)
    install(sbom, join(tree, 'usr/share/doc', program.name), basename(sbom), 0o644)
    mkdirSync(join(tree, 'DEBIAN'), { mode: 0o755 })
    writeFileSync(join(tree, 'DEBIAN/control'), controlOf(built, architecture), { mode: 0o644 })
    const target = join(out, `${program.name}_${version}_${architecture}.deb`)
    runTool('dpkg-deb', ['--root-owner-group', '-Zxz', '-z6', '--threads-max=1', '--build', tree, target], {
      env: { ...toolEnvironment(), SOURCE_DATE_EPOCH: String(epoch) },
    })
    return target
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
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

function install(from: string, folder: string, name: string, mode: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  copyFileSync(from, join(folder, name))
  chmodSync(join(folder, name), mode)
}

/** Packaging tools need a search path and nothing else: what the environment says must not change the bytes. */
function toolEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
}
