import { passwordHashOf, setPasswordHash } from '../../accounts/account-edits.ts'
import { findAccount, readAccountFiles, readLoginDefs } from '../../accounts/account-files.ts'
import { hashOfDrawnPassword, hashPassword, hasPassword, isHashOf, isLocked } from '../../accounts/password-hash.ts'
import { ApplyError } from '../apply-error.ts'
import { changeAccounts } from '../change-accounts.ts'
import { daysSinceEpoch } from '../epoch-days.ts'
import type { Machine } from '../machine.ts'
import { AS_WANTED, type ResourceHandler, type ResourceOf } from './handler.ts'

type Password = ResourceOf<'password'>

/**
 * The password of an account. A plain one is hashed here and compared by hashing it again with the present salt; the
 * hash reaches the tools on standard input only.
 */
export const passwordHandler: ResourceHandler<'password'> = {
  kind: 'password',
  async inspect(want, machine) {
    const files = await readAccountFiles(machine.tree)
    if (findAccount(files, want.user) === undefined) throw unknownUser(want.user)
    const present = passwordHashOf(files, want.user)
    if (isAsWanted(want, present)) return AS_WANTED
    return {
      action: hasPassword(present) ? 'update' : 'create',
      async perform(target) {
        const hash = hashFor(want, target)
        await changeAccounts(target, {
          tools: [{ argv: ['chpasswd', '--encrypted'], input: `${want.user}:${hash}\n` }],
          edit: async (now) =>
            setPasswordHash(
              now,
              await readLoginDefs(target.tree),
              want.user,
              hash,
              daysSinceEpoch(target.setting.clock),
            ),
        })
        return undefined
      },
    }
  },
}

function isAsWanted(want: Password, present: string | undefined): boolean {
  const { password } = want
  switch (password.form) {
    case 'plain':
      return present !== undefined && isHashOf(present, password.secret)
    case 'hash':
      return present === password.secret.reveal()
    case 'generated':
      return hasPassword(present)
    case 'locked':
      return present !== undefined && isLocked(present)
  }
}

function hashFor(want: Password, machine: Machine): string {
  const { password } = want
  if (password.form === 'locked') return '!'
  if (password.form === 'hash') return checkedHash(password.secret.reveal(), want.user)
  // Nobody reads the account files of a dry run; hashing would only cost time.
  if (machine.isPreview) return '*'
  if (password.form === 'plain') return hashPassword(password.secret, machine.setting.random)
  return hashOfDrawnPassword(machine.setting.random)
}

/** A hash with a colon or a line end would write other fields and accounts. */
function checkedHash(hash: string, user: string): string {
  if (/^[!-9;-~]+$/.test(hash)) return hash
  throw new ApplyError('wrong-type', `the password hash of ${user} holds characters that no hash has`, {
    hint: 'Give a hash as openssl passwd -6 prints it.',
  })
}

function unknownUser(user: string): ApplyError {
  return new ApplyError('unknown-account', `there is no account ${user} on this machine`, {
    hint: `Let the context make the user ${user} before its password.`,
  })
}
