import { readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@muster/runtime/log.ts'
import { createDiskTree } from '../apply/disk-tree.ts'
import { resolveInRoot } from '../apply/resolve-in-root.ts'
import { systemCode } from '../identity/agent-error.ts'
import type { ContestedScript } from './find-context.ts'

/** Who runs the script at the top of a context. */
export type ScriptOwner = 'agent' | 'cloud-init'

/** Where cloud-init puts scripts of user-data that it runs at the end of the boot, and what it leaves when it begins. */
const INSTANCE = '/var/lib/cloud/instance'
const SCRIPTS = 'scripts'
/** Modules were named with a hyphen once. */
const BEGUN = ['sem/config_scripts_user', 'sem/config-scripts-user']
/** Beside the folder of the scripts, where cloud-init does not look. */
const ASIDE = 'muster-script'
const MAX_SCRIPTS = 100

/**
 * Decides who runs a script that cloud-init would run as well, so that exactly one of them does.
 *
 * Contexts are written for the agent (phase, order, who is an ancestor), so the agent takes the script out of
 * cloud-init's hands by moving it away, unless cloud-init has begun to run scripts. The move comes before the second
 * look, so that whoever of the two is first keeps it. A guarded script does nothing when cloud-init runs it.
 *
 * @param before - what was decided at an earlier start: it stays so. cloud-init puts the script back at each boot, so it
 *   is moved away again as long as cloud-init has not had its turn.
 */
export async function claimScript(
  deps: { readonly root: string; readonly log: Log },
  contested: ContestedScript,
  before: ScriptOwner | undefined,
): Promise<ScriptOwner> {
  if (before === 'cloud-init') return before
  const instance = await instancePath(deps.root)
  const script = await ownCopyOf(join(instance, SCRIPTS), contested.raw)
  if (script === undefined || contested.isGuarded) return 'agent'
  if (await hasBegun(instance)) return before ?? 'cloud-init'
  const aside = join(instance, ASIDE)
  try {
    await rename(script, aside)
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    deps.log.warn({ code }, 'the script of the user-data cannot be taken over from cloud-init')
    return before ?? 'cloud-init'
  }
  if (before === 'agent' || !(await hasBegun(instance))) return 'agent'
  await rename(aside, script)
  return 'cloud-init'
}

async function instancePath(root: string): Promise<string> {
  const path = await resolveInRoot(createDiskTree(root), INSTANCE)
  return root === '/' ? path : join(root, path)
}

/** The file that cloud-init has made of this text; undefined when it has made none. */
async function ownCopyOf(directory: string, raw: string): Promise<string | undefined> {
  const wanted = plain(raw)
  const names = await readdir(directory).catch(() => [])
  for (const name of names.slice(0, MAX_SCRIPTS)) {
    const path = join(directory, name)
    const { size } = await stat(path).catch(() => ({ size: Number.POSITIVE_INFINITY }))
    if (size > 2 * Buffer.byteLength(raw) + 16) continue
    if (plain(await readFile(path, 'utf8').catch(() => '')) === wanted) return path
  }
  return undefined
}

/** cloud-init takes CR away, and white space at the ends may go. */
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').trim()
}

async function hasBegun(instance: string): Promise<boolean> {
  const looks = BEGUN.map((name) =>
    stat(join(instance, name)).then(
      () => true,
      () => false,
    ),
  )
  return (await Promise.all(looks)).includes(true)
}
