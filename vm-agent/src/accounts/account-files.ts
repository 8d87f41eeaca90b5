import type { Mutation, Owner, TreeReader } from '../apply/entry.ts'
import { resolveInRoot } from '../apply/resolve-in-root.ts'
import { entriesOf, entryOf } from './account-lines.ts'
import { decodeLoginDefs, type LoginDefs } from './login-defs.ts'

/** Account files of a machine, by name below `/etc`. */
export const ACCOUNT_FILE_NAMES = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'] as const
/** Name of one of them. */
export type AccountFileName = (typeof ACCOUNT_FILE_NAMES)[number]

/** Their texts; undefined for a file that the machine does not have. */
export type AccountFiles = Readonly<Record<AccountFileName, string | undefined>>

/** An account of the passwd file. */
export interface Account extends Owner {
  readonly name: string
  readonly home: string
  readonly shell: string
}

/** Largest account file that is read: a hundred thousand accounts. */
const MAX_BYTES = 16 * 1024 * 1024
const MAX_DEFS_BYTES = 256 * 1024

/** Reads the account files of a tree. Bytes are kept as they are (Latin 1), so that foreign encodings survive. */
export async function readAccountFiles(tree: TreeReader): Promise<AccountFiles> {
  const texts = await Promise.all(ACCOUNT_FILE_NAMES.map((name) => readText(tree, `/etc/${name}`, MAX_BYTES)))
  const [passwd, shadow, group, gshadow, subuid, subgid] = texts
  return { passwd, shadow, group, gshadow, subuid, subgid }
}

/** Reads what the tree says about new accounts. */
export async function readLoginDefs(tree: TreeReader): Promise<LoginDefs> {
  const defs = await readText(tree, '/etc/login.defs', MAX_DEFS_BYTES)
  const useradd = await readText(tree, '/etc/default/useradd', MAX_DEFS_BYTES)
  return decodeLoginDefs(defs ?? '', useradd ?? '')
}

/** The account of this name, or undefined. */
export function findAccount(files: AccountFiles, name: string): Account | undefined {
  const fields = entryOf(files.passwd ?? '', name)
  if (fields === undefined) return undefined
  return { name, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? '/', shell: fields[6] ?? '' }
}

/** The id of the group of this name, or undefined. */
export function findGroupId(files: AccountFiles, name: string): number | undefined {
  const id = entryOf(files.group ?? '', name)?.[2]
  return id === undefined ? undefined : Number(id)
}

/** Ids of the supplementary groups of an account. */
export function supplementaryIds(files: AccountFiles, name: string): readonly number[] {
  return entriesOf(files.group ?? '')
    .filter((fields) => membersOf(fields).includes(name))
    .map((fields) => Number(fields[2]))
}

/** Members in the last field of a group entry. */
export function membersOf(fields: readonly string[]): readonly string[] {
  return (fields[3] ?? '').split(',').filter((member) => member !== '')
}

/** The changes from the texts as they are to wanted ones; files that keep their text are left alone. */
export async function accountMutations(
  tree: TreeReader,
  before: AccountFiles,
  after: AccountFiles,
  canOwn: boolean,
): Promise<readonly Mutation[]> {
  const mutations: Mutation[] = []
  for (const name of ACCOUNT_FILE_NAMES) {
    const text = after[name]
    if (text === undefined || text === before[name]) continue
    const path = await resolveInRoot(tree, `/etc/${name}`)
    const present = await tree.entry(path)
    const isSecret = name === 'shadow' || name === 'gshadow'
    const owner = canOwn ? ownerOf(present) : undefined
    const mode = present?.type === 'file' ? present.mode : isSecret ? 0o600 : 0o644
    mutations.push({ do: 'write', path, content: new Uint8Array(Buffer.from(text, 'latin1')), mode, owner })
  }
  return mutations
}

function ownerOf(entry: Owner | undefined): Owner {
  return entry === undefined ? { uid: 0, gid: 0 } : { uid: entry.uid, gid: entry.gid }
}

async function readText(tree: TreeReader, path: string, limit: number): Promise<string | undefined> {
  const canonical = await resolveInRoot(tree, path)
  if ((await tree.entry(canonical))?.type !== 'file') return undefined
  return Buffer.from(await tree.content(canonical, limit)).toString('latin1')
}
