import { findAccount, readAccountFiles } from '../../accounts/account-files.ts'
import { ApplyError } from '../apply-error.ts'
import { childOf, type Mutation } from '../entry.ts'
import { givenOwner, type Machine, missingParents, resolveOn } from '../machine.ts'
import { requireFile } from './file.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

/** Largest authorized_keys that is read. */
const MAX_KEYS_BYTES = 1024 * 1024

/**
 * One public key of an account. Below the home of a user no link is followed: the user could let root write anywhere.
 */
export const sshKeyHandler: ResourceHandler<'ssh-key'> = {
  kind: 'ssh-key',
  async inspect(want, machine) {
    const account = await accountOf(machine, want.user)
    const home = await resolveOn(machine, account.home)
    const links = account.uid === 0 ? {} : { noLinksBelow: home }
    const directory = await resolveOn(machine, childOf(home, '.ssh'), links)
    const path = await resolveOn(machine, childOf(directory, 'authorized_keys'), links)
    const present = requireFile(await machine.tree.entry(path), path)
    const text =
      present === undefined ? '' : Buffer.from(await machine.tree.content(path, MAX_KEYS_BYTES)).toString('latin1')
    const key = Buffer.from(want.key, 'utf8').toString('latin1')
    const mark = materialOf(key)
    if (text.split('\n').some((line) => materialOf(line) === mark)) return AS_WANTED
    const isRoot = machine.setting.isRoot
    const reason = `the keys of ${want.user} can be given to the account by root only`
    const separator = text === '' || text.endsWith('\n') ? '' : '\n'
    return {
      action: present === undefined ? 'create' : 'update',
      notDone: isRoot || account.uid === process.geteuid?.() ? [] : [{ reason, needsRoot: true }],
      async perform(target) {
        const mutations: Mutation[] = [...(await missingParents(target, directory))]
        if ((await target.tree.entry(directory)) === undefined) {
          mutations.push({ do: 'directory', path: directory, mode: 0o700, owner: givenOwner(target, account) })
        }
        const content = new Uint8Array(Buffer.from(`${text}${separator}${key}\n`, 'latin1'))
        const owner = givenOwner(target, present ?? account)
        mutations.push({ do: 'write', path, content, mode: present?.mode ?? 0o600, owner })
        await target.change(mutations)
        return undefined
      },
    }
  },
}

/** Type and key material, which identify a key whatever its options and comment. */
function materialOf(line: string): string {
  const match = /(?:^|\s)((?:ssh-|ecdsa-|sk-)[\w@.-]+\s+[A-Za-z0-9+/=]+)/.exec(line)
  return match?.[1]?.replace(/\s+/, ' ') ?? line.trim()
}

async function accountOf(machine: Machine, user: string) {
  const account = findAccount(await readAccountFiles(machine.tree), user)
  if (account !== undefined) return account
  if (user === 'root') return { uid: 0, gid: 0, home: '/root' }
  throw new ApplyError('unknown-account', `there is no account ${user} on this machine`, {
    hint: `Let the context make the user ${user} before its keys.`,
  })
}
