import { ApplyError } from '../apply/apply-error.ts'
import { type AccountFiles, findAccount, findGroupId, membersOf } from './account-files.ts'
import { entriesOf, entryOf, numbersIn, withEntry } from './account-lines.ts'
import type { LoginDefs } from './login-defs.ts'

/** Id that other programs use for "no id": never given away. */
const OVERFLOW_ID = 65534

/** A new account; the rest follows from the machine's settings. */
export interface NewAccount {
  readonly name: string
  readonly home: string
  readonly shell: string
  /** Primary group when it exists already; otherwise a group of the account's name is made. */
  readonly group: string | undefined
  /** Days since 1970, for the age of the password. */
  readonly today: number
}

/** Adds a group as `groupadd` does: the id above all in use, or for a system group the one below. */
export function addGroup(files: AccountFiles, defs: LoginDefs, name: string, isSystem: boolean): AccountFiles {
  const used = numbersIn(files.group ?? '', 2)
  const id = isSystem
    ? idBelow(used, defs.systemGidMin, defs.systemGidMax, name)
    : idAbove(used, defs.gidMin, defs.gidMax, name)
  return withGroup(files, name, id)
}

/** Adds an account as `useradd` does, with its own group unless one is given; the home is made elsewhere. */
export function addAccount(files: AccountFiles, defs: LoginDefs, account: NewAccount): AccountFiles {
  const { name } = account
  const uid = idAbove(numbersIn(files.passwd ?? '', 2), defs.uidMin, defs.uidMax, name)
  const present = findGroupId(files, account.group ?? name)
  const groups = numbersIn(files.group ?? '', 2)
  const gid = present ?? (groups.has(uid) ? idAbove(groups, defs.gidMin, defs.gidMax, name) : uid)
  const withOwnGroup = present === undefined ? withGroup(files, name, gid) : files
  const hasShadow = files.shadow !== undefined
  const passwd = withEntry(files.passwd ?? '', [
    name,
    hasShadow ? 'x' : '!',
    `${uid}`,
    `${gid}`,
    '',
    account.home,
    account.shell,
  ])
  return {
    ...withOwnGroup,
    passwd,
    shadow: hasShadow ? withEntry(files.shadow ?? '', shadowEntry(name, '!', account.today, defs)) : undefined,
    subuid: withSubordinate(files.subuid, defs, name),
    subgid: withSubordinate(files.subgid, defs, name),
  }
}

/** Sets login shell and primary group of an account. */
export function setShellAndGroup(files: AccountFiles, name: string, shell: string, gid: number): AccountFiles {
  const fields = requireAccount(files, name)
  return { ...files, passwd: withEntry(files.passwd ?? '', fields.with(3, `${gid}`).with(6, shell)) }
}

/** Adds an account to a group, in group and gshadow; a group that does not exist is left out. */
export function joinGroup(files: AccountFiles, name: string, group: string): AccountFiles {
  const fields = entryOf(files.group ?? '', group)
  if (fields === undefined || membersOf(fields).includes(name)) return files
  const shadowed = entryOf(files.gshadow ?? '', group)
  return {
    ...files,
    group: withEntry(files.group ?? '', withMember(fields, name)),
    gshadow: shadowed === undefined ? files.gshadow : withEntry(files.gshadow ?? '', withMember(shadowed, name)),
  }
}

/** The password field of an account: from shadow, or from passwd where that holds it. */
export function passwordHashOf(files: AccountFiles, name: string): string | undefined {
  return entryOf(files.shadow ?? '', name)?.[1] ?? entryOf(files.passwd ?? '', name)?.[1]
}

/**
 * Stores a password hash. It goes to the shadow file, which is made (0600) when the machine has none: passwd may be
 * read by everybody.
 */
export function setPasswordHash(
  files: AccountFiles,
  defs: LoginDefs,
  name: string,
  hash: string,
  today: number,
): AccountFiles {
  const fields = requireAccount(files, name)
  const present = entryOf(files.shadow ?? '', name)
  const entry = present === undefined ? shadowEntry(name, hash, today, defs) : present.with(1, hash).with(2, `${today}`)
  return {
    ...files,
    passwd: withEntry(files.passwd ?? '', fields.with(1, 'x')),
    shadow: withEntry(files.shadow ?? '', entry),
  }
}

function requireAccount(files: AccountFiles, name: string): readonly string[] {
  const fields = entryOf(files.passwd ?? '', name)
  if (fields !== undefined && findAccount(files, name) !== undefined) return fields
  throw new ApplyError('unknown-account', `there is no account ${name}`, {
    hint: `Let the context make the user ${name} first.`,
  })
}

function withGroup(files: AccountFiles, name: string, id: number): AccountFiles {
  return {
    ...files,
    group: withEntry(files.group ?? '', [name, 'x', `${id}`, '']),
    gshadow: files.gshadow === undefined ? undefined : withEntry(files.gshadow, [name, '!', '', '']),
  }
}

function withMember(fields: readonly string[], name: string): readonly string[] {
  const members = membersOf(fields)
  return members.includes(name) ? fields : fields.with(3, [...members, name].join(','))
}

function shadowEntry(name: string, hash: string, today: number, defs: LoginDefs): readonly string[] {
  const days = (value: number) => (value < 0 ? '' : `${value}`)
  const { min, max, warn } = defs.passwordDays
  return [name, hash, `${today}`, days(min), days(max), days(warn), '', '', '']
}

/** Above the highest id in use, and when that is the last one the lowest free one. */
function idAbove(used: ReadonlySet<number>, min: number, max: number, name: string): number {
  const inRange = [...used].filter((id) => id >= min && id <= max)
  const next = inRange.length === 0 ? min : Math.max(...inRange) + 1
  if (next <= max && next !== OVERFLOW_ID) return next
  for (let id = min; id <= max; id += 1) if (!used.has(id) && id !== OVERFLOW_ID) return id
  throw noFreeId(name, min, max)
}

/** Below the lowest id in use, and when that is the first one the highest free one. */
function idBelow(used: ReadonlySet<number>, min: number, max: number, name: string): number {
  const inRange = [...used].filter((id) => id >= min && id <= max)
  const next = inRange.length === 0 ? max : Math.min(...inRange) - 1
  if (next >= min) return next
  for (let id = max; id >= min; id -= 1) if (!used.has(id)) return id
  throw noFreeId(name, min, max)
}

function noFreeId(name: string, min: number, max: number): ApplyError {
  return new ApplyError('accounts-full', `there is no free id from ${min} to ${max} for ${name}`, {
    hint: 'Remove accounts that are not used, or widen the range in /etc/login.defs.',
  })
}

/** Subordinate ids come after all ranges in use; a machine without the file, or without room, gives none. */
function withSubordinate(text: string | undefined, defs: LoginDefs, name: string): string | undefined {
  if (text === undefined || entryOf(text, name) !== undefined) return text
  const { min, max, count } = defs.subordinate
  const ends = entriesOf(text).map((fields) => Number(fields[1]) + Number(fields[2]))
  const start = Math.max(min, ...ends.filter(Number.isFinite))
  return count <= 0 || start + count - 1 > max ? text : withEntry(text, [name, `${start}`, `${count}`])
}
