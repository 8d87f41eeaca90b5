import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'

/** A package that went into a program. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** SPDX expression of its license; undefined when the lockfile does not tell. */
  readonly license: string | undefined
}

/** The lockfile of npm, as far as it is read. */
export interface PackageLock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly license?: string }>>
}

/** Program that a bill of materials is about. */
export interface SbomSubject {
  readonly name: string
  readonly version: string
  /** Version of the Node inside. */
  readonly node: string
  /** Time of the source, in seconds since 1970: a bill of the same source is the same. */
  readonly epoch: number
}

/**
 * The packages that own the files, by the lockfile; sorted, each version once however many folders hold it: two of the
 * same name and version would get random references.
 */
export function packagesOf(files: readonly string[], lock: PackageLock): readonly BundledPackage[] {
  const folders = new Set(files.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const packages = [...folders].sort().flatMap((folder) => {
    const entry = lock.packages[folder]
    if (entry?.version === undefined) return []
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
    return [{ name, version: entry.version, license: entry.license }]
  })
  return [...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values()]
}

/** A CycloneDX bill of materials as JSON: the program, the Node in it, and the packages whose code is in its bundle. */
export function renderSbom(subject: SbomSubject, packages: readonly BundledPackage[]): string {
  const { Application, Library, Platform } = Enums.ComponentType
  const program = new Models.Component(Application, subject.name, { version: subject.version, bomRef: subject.name })
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ timestamp: new Date(subject.epoch * 1000), component: program }),
  })
  const node = componentOf(Platform, { name: 'node', version: subject.node, license: 'MIT' })
  const parts = [node, ...packages.map((part) => componentOf(Library, part))]
  for (const part of parts) {
    bom.components.add(part)
    program.dependencies.add(part.bomRef)
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

function componentOf(type: Enums.ComponentType, part: BundledPackage): Models.Component {
  const purl = `pkg:${type === Enums.ComponentType.Library ? 'npm' : 'generic'}/${part.name.replace('@', '%40')}@${part.version}`
  const component = new Models.Component(type, part.name, { version: part.version, purl, bomRef: purl })
  if (part.license !== undefined) component.licenses.add(new Models.LicenseExpression(part.license))
  return component
}
