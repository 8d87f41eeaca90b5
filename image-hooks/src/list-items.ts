import { createHash } from 'node:crypto'
import { missingSettings, type Settings } from './agent-config.ts'
import type { FileContent } from './image-tree.ts'
import type { Item, Policy } from './item.ts'
import { PATHS, STATE_MODE } from './layout.ts'
import type { ReadShipped, ShippedFile } from './shipped-files.ts'
import type { TreeFacts } from './tree-facts.ts'

/** What an installation shall have. */
export interface ImageOptions {
  /** The executable, a file of this machine. */
  readonly agent: { readonly file: string; readonly sha256: string }
  readonly settings: Settings
  /** Content for `release.keys`; undefined: those that are there stay. */
  readonly releaseKeys: Uint8Array | undefined
  readonly isEnabled: boolean
  /** Whether the screen of the machine shows the PIN on a terminal of its own. */
  readonly hasFullScreen: boolean
  readonly hasCloudInit: boolean
  readonly hasLegacyNames: boolean
}

/** Everything that shall be in a tree, in the order in which it is put there: what starts the agent comes last. */
export async function listItems(read: ReadShipped, options: ImageOptions, facts: TreeFacts): Promise<readonly Item[]> {
  const shipped = async (name: ShippedFile, path: string, mode: number, policy: Policy = 'ours') =>
    fileItem(path, await read(name), mode, policy)
  const { agent } = options
  const items: Item[] = [
    { kind: 'directory', path: PATHS.state, mode: STATE_MODE },
    {
      kind: 'file',
      path: PATHS.agent,
      mode: 0o755,
      content: { copyOf: agent.file },
      sha256: agent.sha256,
      policy: 'ours',
    },
    await shipped('muster-agent.sh', PATHS.launcher, 0o755),
    await shipped('muster.fc', PATHS.selinuxContexts, 0o644),
    ...(await configItems(read, options)),
    await shipped('muster-environment.sh', PATHS.profile, 0o644, 'config'),
    ...(options.hasLegacyNames ? legacyNames(facts) : []),
    ...(await cloudInitItems(shipped, options)),
    ...selinuxItems(facts),
    { kind: 'link', path: PATHS.issueLink, target: PATHS.issue, policy: 'config' },
    await shipped('muster.tmpfiles', PATHS.tmpfiles, 0o644),
    fileItem(PATHS.preset, presetOf(await read('50-muster.preset'), options), 0o644, 'ours'),
    await shipped('muster-starting.sh', PATHS.starting, 0o755),
    await shipped('muster-starting.service', PATHS.startingUnit, 0o644),
    await shipped('muster-agent.service', PATHS.unit, 0o644),
  ]
  const units: string[] = [PATHS.startingUnit, PATHS.unit]
  if (options.hasFullScreen) {
    items.push(await shipped('muster-console.service', PATHS.consoleUnit, 0o644))
    units.push(PATHS.consoleUnit)
  }
  if (options.isEnabled) items.push(...units.map(enabledLink))
  return items
}

async function configItems(read: ReadShipped, { settings, releaseKeys }: ImageOptions): Promise<readonly Item[]> {
  const template = await read('agent.conf')
  const { added } = missingSettings(new TextDecoder().decode(template), settings)
  const config = Buffer.concat([template, Buffer.from(added)])
  return [
    fileItem(PATHS.config, new Uint8Array(config), 0o644, 'seed'),
    releaseKeys === undefined
      ? fileItem(PATHS.releaseKeys, await read('release.keys'), 0o644, 'seed')
      : fileItem(PATHS.releaseKeys, releaseKeys, 0o644, 'config'),
  ]
}

async function cloudInitItems(
  shipped: (name: ShippedFile, path: string, mode: number, policy?: Policy) => Promise<Item>,
  { hasCloudInit }: ImageOptions,
): Promise<readonly Item[]> {
  if (!hasCloudInit) return []
  const afterTmpfiles = (unit: string) =>
    shipped('cloud-init-after-tmpfiles.conf', `/usr/lib/systemd/system/${unit}.d/50-muster.conf`, 0o644)
  return [
    await shipped('muster_part_handler.py', PATHS.keptPartHandler, 0o644),
    await shipped('muster_part_handler.py', PATHS.partHandler, 0o644),
    await shipped('muster-cloud-init.tmpfiles', PATHS.cloudInitTmpfiles, 0o644),
    await shipped('50_muster.cfg', PATHS.cloudConfig, 0o644, 'config'),
    await afterTmpfiles('cloud-init.service'),
    // Its name since cloud-init 24.3.
    await afterTmpfiles('cloud-init-network.service'),
  ]
}

/** Images for these contexts may have the names themselves; then those are right. */
function legacyNames({ bash }: TreeFacts): readonly Item[] {
  if (bash === undefined) return []
  return PATHS.shellNames.map((path) => ({ kind: 'link', path, target: bash, policy: 'seed' }))
}

/** Where no preset says otherwise, some distributions enable each unit at the first start of an image. */
function presetOf(text: Uint8Array, { isEnabled }: ImageOptions): Uint8Array {
  if (isEnabled) return text
  return new TextEncoder().encode(new TextDecoder().decode(text).replaceAll(/^enable /gm, 'disable '))
}

function selinuxItems({ selinux }: TreeFacts): readonly Item[] {
  if (selinux === undefined) return []
  return selinux.files.map((path) => ({ kind: 'text', path, text: selinux.text }))
}

function enabledLink(unit: string): Item {
  const name = unit.slice(unit.lastIndexOf('/') + 1)
  return { kind: 'link', path: `${PATHS.enabledUnits}/${name}`, target: unit, policy: 'ours' }
}

function fileItem(path: string, content: FileContent & Uint8Array, mode: number, policy: Policy): Item {
  return { kind: 'file', path, mode, content, sha256: sha256Of(content), policy }
}

/** SHA-256, hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
