/** What the tests read of `package-lock.json`. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** One installed package, or one workspace, of the lockfile. */
export interface LockedPackage {
  readonly resolved?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * Names of all packages from outside that a workspace needs at run time, with everything below them, sorted.
 *
 * Resolution follows npm: a package sees the nearest `node_modules` above it. Our own workspaces are walked through and
 * not listed. Dependencies for development are not followed; peers arrive as somebody's dependency.
 */
export function runtimeDependencies(lockfile: Lockfile, workspace: string): readonly string[] {
  const names = new Set<string>()
  const seen = new Set<string>()
  const queue = [workspace]
  for (let location = queue.pop(); location !== undefined; location = queue.pop()) {
    if (seen.has(location)) continue
    seen.add(location)
    const entry = lockfile.packages[location]
    if (entry === undefined) throw new Error(`the lockfile has no ${location}`)
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const found = locate(lockfile, location, name)
      if (found === undefined) continue
      const target = lockfile.packages[found]
      if (target?.link === true && target.resolved !== undefined) queue.push(target.resolved)
      else {
        names.add(name)
        queue.push(found)
      }
    }
  }
  return [...names].sort()
}

function locate(lockfile: Lockfile, from: string, name: string): string | undefined {
  for (let base: string | undefined = from; base !== undefined; base = parentOf(base)) {
    const candidate = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`
    if (candidate in lockfile.packages) return candidate
  }
  return undefined
}

function parentOf(location: string): string | undefined {
  if (location === '') return undefined
  const cut = location.lastIndexOf('/node_modules/')
  return cut === -1 ? '' : location.slice(0, cut)
}

/** Lockfile entries that name a host: with them, an install works at one registry only. */
export function entriesWithHosts(lockfile: Lockfile): readonly string[] {
  return Object.entries(lockfile.packages)
    .filter(([, entry]) => entry.resolved !== undefined && /^[a-z+]+:\/\//i.test(entry.resolved))
    .map(([location]) => location)
}
