import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PackageTree } from './agent-tree.ts'
import { BuildError } from './build-error.ts'
import type { BuiltProgram } from './build-program.ts'
import { RPM_SCRIPTS } from './package-scripts.ts'
import { layPackageTree, type PackageInput, toolEnvironment } from './packages.ts'
import { runTool } from './run-tool.ts'

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }
/** What the oldest rpm of the systems that are meant (EL 8) can read. */
const PAYLOAD = { small: 'w6.xzdio', fast: 'w.ufdio' } as const
/** Folders that the package owns; all others are the system's. */
const OWN_FOLDER = /^\/(etc|usr\/lib|usr\/share|var\/lib)\/muster(\/|$)|^\/usr\/share\/doc\/muster/

/** `NAME-VERSION-1.ARCH.rpm`, of the same files as the Debian package. */
export function makeRpmPackage({ out, epoch, compression = 'small' }: PackageInput, built: BuiltProgram): string {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch
  const folder = mkdtempSync(join(tmpdir(), 'muster-rpm-'))
  try {
    chmodSync(folder, 0o755)
    const tree = layPackageTree(built, join(folder, 'tree'))
    const spec = join(folder, `${built.program.name}.spec`)
    writeFileSync(spec, specOf(built, tree))
    const defined = [
      `_topdir ${folder}/top`,
      `_binary_payload ${PAYLOAD[compression]}`,
      '_buildhost localhost',
      'use_source_date_epoch_as_buildtime 1',
      'clamp_mtime_to_source_date_epoch 1',
    ].flatMap((macro) => ['--define', macro])
    runTool('rpmbuild', ['-bb', '--quiet', '--target', `${architecture}-linux`, ...defined, spec], {
      env: { ...toolEnvironment(), HOME: folder, SOURCE_DATE_EPOCH: String(epoch) },
    })
    const made = join(folder, 'top/RPMS', architecture)
    const [name, ...others] = readdirSync(made)
    if (name === undefined || others.length > 0) throw new BuildError('rpmbuild made another number of packages', made)
    const target = join(out, name)
    copyFileSync(join(made, name), target)
    return target
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Nothing is compiled, and nothing may be stripped: that would take the program out of its executable. */
function specOf({ program, version }: BuiltProgram, tree: PackageTree): string {
  const scripts = program.name === 'muster-agent' ? Object.entries(RPM_SCRIPTS) : []
  return `%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
Name: ${program.name}
Version: ${version}
Release: 1
Summary: ${program.summary}
License: Apache-2.0
AutoReqProv: no
Requires: glibc >= ${program.glibc}, libstdc++
Provides: ${program.name} = ${version}
%description
${program.summary}
%install
mkdir -p %{buildroot}
cp -a ${tree.folder}/. %{buildroot}/
${scripts.map(([section, text]) => `%${section}\n${text.trimEnd()}\n`).join('')}%files
${fileLines(tree).join('\n')}
`
}

function fileLines({ folder, configFiles }: PackageTree, path = ''): readonly string[] {
  const entries = readdirSync(join(folder, path), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const inside = `${path}/${entry.name}`
    if (!entry.isDirectory()) return [`${configFiles.includes(inside) ? '%config(noreplace) ' : ''}${inside}`]
    const own = OWN_FOLDER.test(inside) ? [`%dir ${inside}`] : []
    return [...own, ...fileLines({ folder, configFiles }, inside)]
  })
}
