import type { Account } from '../accounts/account-files.ts'
import type { LoginDefs } from '../accounts/login-defs.ts'
import { childOf, type Entry, type Mutation, type Owner } from './entry.ts'
import { givenOwner, type Machine, missingParents, resolveOn, walkBelow } from './machine.ts'

/** Largest file of the skeleton directory that is copied. */
const MAX_SKELETON_FILE_BYTES = 64 * 1024 * 1024

/** A home to make. */
export interface NewHome {
  readonly defs: LoginDefs
  /** Canonical. */
  readonly path: string
  readonly account: Account
  /** Group that owns mail spools. */
  readonly mailGroup: number | undefined
}

/** The changes that make a home with a copy of the skeleton directory, and a mail spool where the machine wants one. */
export async function homeMutations(machine: Machine, home: NewHome): Promise<readonly Mutation[]> {
  const mutations: Mutation[] = [...(await mailSpool(machine, home))]
  // An existing directory stays as it is, as useradd leaves it.
  if ((await machine.tree.entry(home.path)) !== undefined) return mutations
  const owner = givenOwner(machine, home.account)
  mutations.push(...(await missingParents(machine, home.path)))
  mutations.push({ do: 'directory', path: home.path, mode: home.defs.homeMode, owner })
  mutations.push(...(await skeletonCopies(machine, home, owner)))
  return mutations
}

async function skeletonCopies(machine: Machine, home: NewHome, owner: Owner | undefined): Promise<readonly Mutation[]> {
  const skeleton = await resolveOn(machine, home.defs.skeleton)
  const copies: Mutation[] = []
  for await (const source of walkBelow(machine.tree, skeleton)) {
    const entry = await machine.tree.entry(source)
    const path = childOf(home.path, source.slice(skeleton === '/' ? 1 : skeleton.length + 1))
    const copy = entry === undefined ? undefined : await copyOf(machine, entry, source, path, owner)
    if (copy !== undefined) copies.push(copy)
  }
  return copies
}

async function copyOf(
  machine: Machine,
  entry: Entry,
  source: string,
  path: string,
  owner: Owner | undefined,
): Promise<Mutation | undefined> {
  switch (entry.type) {
    case 'directory':
      return { do: 'directory', path, mode: entry.mode, owner }
    case 'link':
      return { do: 'link', path, target: entry.target, owner }
    case 'file': {
      const content = await machine.tree.content(source, MAX_SKELETON_FILE_BYTES)
      return { do: 'write', path, content, mode: entry.mode, owner, mtimeMs: entry.mtimeMs }
    }
    case 'other':
      return undefined
  }
}

async function mailSpool(machine: Machine, home: NewHome): Promise<readonly Mutation[]> {
  const { defs, account, mailGroup } = home
  if (!defs.hasMailSpool) return []
  const directory = await resolveOn(machine, defs.mailDirectory)
  const path = childOf(directory, account.name)
  if ((await machine.tree.entry(directory)) === undefined || (await machine.tree.entry(path)) !== undefined) return []
  const owner = givenOwner(machine, { uid: account.uid, gid: mailGroup ?? account.gid })
  const mode = mailGroup === undefined ? 0o600 : 0o660
  return [{ do: 'write', path, content: new Uint8Array(), mode, owner }]
}

/** After another primary group: the files of the home that belong to the old one follow, as `usermod` lets them. */
export async function regroupMutations(machine: Machine, before: Account, gid: number): Promise<readonly Mutation[]> {
  if (before.gid === gid || !machine.setting.isRoot) return []
  const home = await resolveOn(machine, before.home)
  const mutations: Mutation[] = []
  const regroup = async (path: string) => {
    const entry = await machine.tree.entry(path)
    if (entry === undefined || entry.gid !== before.gid || entry.uid !== before.uid) return
    const mode = entry.type === 'link' ? 0o777 : entry.mode
    mutations.push({ do: 'attributes', path, mode, owner: { uid: entry.uid, gid } })
  }
  if (home === '/') return []
  await regroup(home)
  for await (const path of walkBelow(machine.tree, home)) await regroup(path)
  return mutations
}
