import { childOf, nameOf, type TreeReader } from './entry.ts'
import { resolveInRoot } from './resolve-in-root.ts'

/** Where systemd looks for units, first wins. */
const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/lib/systemd/system',
  '/usr/lib/systemd/system',
] as const
/** Where links to enabled units are made. */
const LINK_DIRECTORY = '/etc/systemd/system'
const MAX_UNIT_BYTES = 256 * 1024
/** Most units that one service may bring along by `Also=`. */
const MAX_ALSO = 16

/** A unit file of a tree. */
export interface UnitFile {
  /** Its real name, for example `ssh.service` when `sshd.service` is a link to it. */
  readonly name: string
  /** Its path as systemd would write it into a link. */
  readonly path: string
  readonly text: string
}

/** A link that enables a unit. */
export interface UnitLink {
  readonly path: string
  readonly target: string
}

/** A service as the tree has it. */
export type UnitLookup =
  | { readonly found: 'unit'; readonly file: UnitFile }
  | { readonly found: 'masked' }
  | { readonly found: 'nothing' }

/** Full name of a unit: `.service` unless it says otherwise. */
export function unitName(name: string): string {
  return /\.(service|socket|target|timer|path|mount|automount|swap|slice)$/.test(name) ? name : `${name}.service`
}

/** Finds the file of a unit; for an instance (`getty@tty1.service`) its template. */
export async function findUnit(tree: TreeReader, name: string): Promise<UnitLookup> {
  const template = name.replace(/@.+(\.\w+)$/, '@$1')
  for (const candidate of new Set([name, template])) {
    for (const directory of UNIT_DIRECTORIES) {
      const lookup = await unitAt(tree, childOf(directory, candidate), name)
      if (lookup !== undefined) return lookup
    }
  }
  return { found: 'nothing' }
}

async function unitAt(tree: TreeReader, path: string, asked: string): Promise<UnitLookup | undefined> {
  const place = await resolveInRoot(tree, path, { followLast: false })
  const entry = await tree.entry(place)
  if (entry === undefined) return undefined
  if (entry.type === 'link' && entry.target === '/dev/null') return { found: 'masked' }
  const real = await resolveInRoot(tree, place)
  if (real === '/dev/null') return { found: 'masked' }
  const target = await tree.entry(real)
  if (target?.type !== 'file') return undefined
  if (target.size === 0) return { found: 'masked' }
  const text = Buffer.from(await tree.content(real, MAX_UNIT_BYTES)).toString('utf8')
  const isAlias = entry.type === 'link'
  const name = isAlias && !asked.includes('@') ? nameOf(real) : asked
  return { found: 'unit', file: { name, path: isAlias ? real : path, text } }
}

/**
 * The links that `systemctl enable` would make for a unit and those that it brings along, from their [Install]
 * sections. None when a unit has no such section: it is started by others.
 */
export async function installLinks(tree: TreeReader, file: UnitFile): Promise<readonly UnitLink[]> {
  const links: UnitLink[] = []
  const pending = [file]
  const seen = new Set([file.name])
  for (let unit = pending.pop(); unit !== undefined; unit = pending.pop()) {
    const install = decodeInstall(unit.text, unit.name)
    links.push(...linksOf(install, unit))
    for (const name of install.also) {
      if (seen.has(name) || seen.size > MAX_ALSO) continue
      seen.add(name)
      const lookup = await findUnit(tree, name)
      if (lookup.found === 'unit') pending.push(lookup.file)
    }
  }
  return links
}

interface Install {
  readonly wantedBy: readonly string[]
  readonly requiredBy: readonly string[]
  readonly alias: readonly string[]
  readonly also: readonly string[]
}

/** Reads the [Install] section; an empty value clears what came before, as systemd does. */
export function decodeInstall(text: string, unit: string): Install {
  const values = new Map<string, string[]>()
  let section = ''
  for (const line of text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((part) => part.trim())) {
    if (line.startsWith('#') || line.startsWith(';')) continue
    const header = /^\[(.+)\]$/.exec(line)
    if (header !== null) section = header[1] ?? ''
    const option = /^(\w+)\s*=\s*(.*)$/.exec(line)
    if (section !== 'Install' || option === null) continue
    const [, key = '', value = ''] = option
    const words = value.split(/\s+/).filter((word) => word !== '')
    values.set(key, value === '' ? [] : [...(values.get(key) ?? []), ...words])
  }
  const names = (key: string) =>
    (values.get(key) ?? []).map((name) => expand(name, unit)).filter((name) => /^[\w@.:\\-]+\.\w+$/.test(name))
  return { wantedBy: names('WantedBy'), requiredBy: names('RequiredBy'), alias: names('Alias'), also: names('Also') }
}

function expand(name: string, unit: string): string {
  const [, prefix = '', instance = ''] = /^([^@]+?)(?:@(.*))?\.\w+$/.exec(unit) ?? []
  const meanings: Readonly<Record<string, string>> = { n: unit, N: unit.replace(/\.\w+$/, ''), p: prefix, i: instance }
  return name.replace(/%([nNpi%])/g, (_, letter: string) => (letter === '%' ? '%' : (meanings[letter] ?? '')))
}

function linksOf(install: Install, unit: UnitFile): readonly UnitLink[] {
  const link = (path: string) => ({ path: `${LINK_DIRECTORY}/${path}`, target: unit.path })
  return [
    ...install.wantedBy.map((name) => link(`${name}.wants/${unit.name}`)),
    ...install.requiredBy.map((name) => link(`${name}.requires/${unit.name}`)),
    ...install.alias.filter((name) => name !== unit.name).map(link),
  ]
}
