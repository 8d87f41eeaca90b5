import { addAccount, joinGroup, setShellAndGroup } from '../../accounts/account-edits.ts'
import {
  type Account,
  type AccountFiles,
  findAccount,
  findGroupId,
  membersOf,
  readAccountFiles,
  readLoginDefs,
} from '../../accounts/account-files.ts'
import { entryOf } from '../../accounts/account-lines.ts'
import type { LoginDefs } from '../../accounts/login-defs.ts'
import { ApplyError } from '../apply-error.ts'
import { changeAccounts } from '../change-accounts.ts'
import type { Mutation } from '../entry.ts'
import { daysSinceEpoch } from '../epoch-days.ts'
import { homeMutations, regroupMutations } from '../home-directory.ts'
import { type Machine, resolveOn, type ToolCall } from '../machine.ts'
import { AS_WANTED, type Finding, type ResourceHandler, type ResourceOf } from './handler.ts'

type User = ResourceOf<'user'>

/** An account with its shell, primary group and memberships; one that exists keeps its id and home. */
export const userHandler: ResourceHandler<'user'> = {
  kind: 'user',
  async inspect(want, machine) {
    const files = await readAccountFiles(machine.tree)
    const present = findAccount(files, want.name)
    return present === undefined ? create(want, files, machine) : update(want, files, present)
  },
}

async function create(want: User, files: AccountFiles, machine: Machine): Promise<Finding> {
  const defs = await readLoginDefs(machine.tree)
  const home = `${defs.homeBase}/${want.name}`
  const wished = [...new Set([...want.groupsWhenCreated, ...want.groups])].filter((name) => name !== want.name)
  const absent = wished.filter((name) => findGroupId(files, name) === undefined)
  const joined = wished.filter((name) => !absent.includes(name))
  const notes = absent.length > 0 ? [`not joined, as there is no such group: ${absent.join(', ')}`] : []
  const notDone = machine.setting.isRoot
    ? []
    : [{ reason: `the home ${home} can be given to ${want.name} by root only`, needsRoot: true }]
  return {
    action: 'create',
    notes,
    notDone,
    async perform(target) {
      await changeAccounts(target, {
        tools: creationTools(want, files, joined, home),
        paths: [home, `${defs.mailDirectory}/${want.name}`],
        edit: async (present) => addTo(present, defs, want, joined, home, target),
        further: (after) => newHome(target, defs, want, after, home),
      })
      return undefined
    },
  }
}

function creationTools(want: User, files: AccountFiles, joined: readonly string[], home: string): readonly ToolCall[] {
  const ownGroup = findGroupId(files, want.name) === undefined ? ['--user-group'] : ['--gid', want.name]
  const tools: ToolCall[] = [
    { argv: ['useradd', '--create-home', '--home-dir', home, '--shell', want.shell, ...ownGroup, want.name] },
  ]
  if (want.group !== want.name) tools.push({ argv: ['usermod', '--gid', want.group, want.name] })
  if (joined.length > 0) tools.push({ argv: ['usermod', '--append', '--groups', joined.join(','), want.name] })
  return tools
}

async function addTo(
  files: AccountFiles,
  defs: LoginDefs,
  want: User,
  joined: readonly string[],
  home: string,
  machine: Machine,
): Promise<AccountFiles> {
  const today = daysSinceEpoch(machine.setting.clock)
  const group = findGroupId(files, want.name) === undefined ? undefined : want.name
  const added = addAccount(files, defs, { name: want.name, home, shell: want.shell, group, today })
  const placed = setShellAndGroup(added, want.name, want.shell, requireGroup(added, want.group))
  return joined.reduce((result, name) => joinGroup(result, want.name, name), placed)
}

async function newHome(
  machine: Machine,
  defs: LoginDefs,
  want: User,
  files: AccountFiles,
  home: string,
): Promise<readonly Mutation[]> {
  const account = findAccount(files, want.name)
  if (account === undefined) return []
  return homeMutations(machine, {
    defs,
    path: await resolveOn(machine, home),
    account,
    mailGroup: findGroupId(files, 'mail'),
  })
}

function update(want: User, files: AccountFiles, present: Account): Finding {
  const gid = requireGroup(files, want.group)
  const missing = want.groups.filter((name) => {
    const fields = entryOf(files.group ?? '', name)
    return fields !== undefined && name !== want.name && !membersOf(fields).includes(want.name)
  })
  const notes: string[] = []
  if (present.shell !== want.shell) notes.push(`shell ${present.shell}`)
  if (present.gid !== gid) notes.push(`primary group ${present.gid}`)
  if (missing.length > 0) notes.push(`not yet in ${missing.join(', ')}`)
  if (notes.length === 0) return AS_WANTED
  const membership = missing.length > 0 ? ['--append', '--groups', missing.join(',')] : []
  return {
    action: 'update',
    notes,
    async perform(target) {
      await changeAccounts(target, {
        tools: [{ argv: ['usermod', '--shell', want.shell, '--gid', want.group, ...membership, want.name] }],
        edit: async (now) =>
          missing.reduce(
            (result, name) => joinGroup(result, want.name, name),
            setShellAndGroup(now, want.name, want.shell, gid),
          ),
        further: () => regroupMutations(target, present, gid),
      })
      return undefined
    },
  }
}

function requireGroup(files: AccountFiles, name: string): number {
  const id = findGroupId(files, name)
  if (id !== undefined) return id
  throw new ApplyError('unknown-account', `there is no group ${name} on this machine`, {
    hint: `Let the context make the group ${name} before its members.`,
  })
}
