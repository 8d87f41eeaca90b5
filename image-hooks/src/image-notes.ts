import type { ImageTree } from './image-tree.ts'
import { PATHS } from './layout.ts'

/** Something that an image must not have, since each machine made from it would have the same. */
export interface IdentityNote {
  readonly path: string
  readonly what: string
  readonly hint: string
  /** Whether `install --reset` removes it. */
  readonly isReset: boolean
}

const MAX_BYTES = 4096
const RESET_HINT = 'muster-agent install --reset removes it, as the last step before the image is closed.'

/** What in a tree belongs to one machine. In a machine that runs that is as it should be; in an image it is not. */
export async function findIdentity(tree: ImageTree): Promise<readonly IdentityNote[]> {
  const notes: IdentityNote[] = []
  const state = await tree.names(PATHS.state)
  if (state.length > 0) {
    notes.push({
      path: PATHS.state,
      what: `the state of an agent (${state.slice(0, 5).join(', ')}${state.length > 5 ? ', …' : ''})`,
      hint: RESET_HINT,
      isReset: true,
    })
  }
  if (await hasMachineId(tree)) {
    notes.push({ path: PATHS.machineId, what: 'the number of one machine', hint: RESET_HINT, isReset: true })
  }
  if ((await tree.entry(PATHS.join)) !== undefined) {
    notes.push({
      path: PATHS.join,
      what: 'a token to join a cluster',
      hint: 'Leave it only in images that nobody else can read.',
      isReset: false,
    })
  }
  if ((await tree.entry('/var/lib/cloud/instance')) !== undefined) {
    notes.push({
      path: '/var/lib/cloud/instance',
      what: 'what cloud-init has done for one machine',
      hint: 'cloud-init clean removes it.',
      isReset: false,
    })
  }
  return notes
}

/** Removes the state of an agent, and the number of the machine; systemd draws a new one at the next start. */
export async function resetIdentity(tree: ImageTree): Promise<readonly string[]> {
  const gone: string[] = []
  for (const { path, isReset } of await findIdentity(tree)) {
    if (!isReset) continue
    // The file must stay: without it systemd takes the next start for the very first one of the system.
    if (path === PATHS.machineId) await tree.write(path, new Uint8Array(), 0o444)
    else await tree.empty(path)
    gone.push(path)
  }
  return gone
}

async function hasMachineId(tree: ImageTree): Promise<boolean> {
  if ((await tree.entry(PATHS.machineId))?.kind !== 'file') return false
  const text = new TextDecoder().decode(await tree.read(PATHS.machineId, MAX_BYTES)).trim()
  return text !== '' && text !== 'uninitialized'
}
