import type { Origin, PasswordValue, Resource } from '../../plan/resource.ts'
import { Secret } from '../../secret.ts'
import type { Option } from '../../userdata/ini.ts'
import type { ProblemList } from '../../userdata/problem.ts'
import { type Span, trimBlank } from '../../userdata/text.ts'
import { isAccountName } from '../names.ts'
import { type Entry, splitEntries } from '../option-values.ts'

/** One entry of `users`. */
export interface UserEntry {
  readonly name: string
  readonly group: string
  readonly password: PasswordValue
  readonly span: Span
}

/** Groups that the first account joins when it is made: with the first or last of them it may administrate. */
const FIRST_USER_GROUPS = ['wheel', 'docker', 'sudo'] as const

const NAME_HINT = 'A name starts with a letter or "_"; letters, digits, ".", "_" and "-" follow, up to 32 characters.'
const FORMAT_HINT = 'Write NAME:GROUP:PASSWORD, entries separated by commas. A password holds neither "," nor ":".'

/**
 * Reads `users` (CONTEXT-SPEC 2.3.1). An empty group is the first organisation in lower case, or else a group of the
 * user's own name.
 */
export function readUsers(
  option: Option | undefined,
  organisations: readonly string[],
  problems: ProblemList,
): readonly UserEntry[] {
  const users = new Map<string, UserEntry>()
  for (const entry of splitEntries(option)) {
    const user = readUser(entry, organisations, problems)
    if (user === undefined) continue
    if (users.has(user.name)) {
      problems.add('invalid-value', user.span, `"${user.name}" is listed twice`, 'Remove one of the entries.')
    }
    users.set(user.name, user)
  }
  return [...users.values()]
}

function readUser(entry: Entry, organisations: readonly string[], problems: ProblemList): UserEntry | undefined {
  const fields = entry.text.split(':')
  if (fields.length !== 3) {
    const message = `A user has 3 fields separated by colons, this one has ${fields.length}`
    problems.add('invalid-value', entry.span, message, FORMAT_HINT)
    return undefined
  }
  const [name = '', givenGroup = '', password = ''] = fields.map(trimBlank)
  const group = givenGroup === '' ? (organisations[0]?.toLowerCase() ?? name) : givenGroup
  if (!isAccountName(name)) problems.add('invalid-value', entry.span, 'This cannot be the name of a user', NAME_HINT)
  if (!isAccountName(group)) problems.add('invalid-value', entry.span, 'This cannot be the name of a group', NAME_HINT)
  if (name === 'root' && group !== 'root') {
    problems.add('invalid-value', entry.span, 'The group of root cannot be changed', 'Write root:root:PASSWORD.')
  }
  const value = readPassword(password)
  if (value.form === 'plain') {
    const hint = 'Use a hash, for example from "openssl passwd -6".'
    problems.add('plain-password', entry.span, `The password of "${name}" stands here as plain text`, hint)
  }
  return { name, group, password: value, span: entry.span }
}

/** A password starting like any modular crypt format is stored as it is, an empty one is drawn on the machine. */
export function readPassword(text: string): PasswordValue {
  if (text === '') return { form: 'generated' }
  const isHash =
    /^\$(?:1|2[abxy]?|3|5|6|7|y|gy|sha1|md5|apr1|scrypt|argon2(?:id?|d)|pbkdf2[a-z0-9-]*)(?:,[^$]*)?\$\S+$/.test(text)
  return { form: isHash ? 'hash' : 'plain', secret: new Secret(text) }
}

/**
 * Groups, then each account with its password. A group that bears the name of a user is that user's own one; others are
 * system groups, as the old agent made them.
 */
export function planUsers(users: readonly UserEntry[], shell: string): readonly Resource[] {
  if (users.length === 0) return []
  return [...planGroups(users), ...users.flatMap((user, index) => planUser(user, shell, index === 0))]
}

function planGroups(users: readonly UserEntry[]): readonly Resource[] {
  const names = new Set(users.map((user) => user.name))
  const groups = new Map<string, Resource>()
  const add = (name: string, isSystem: boolean, origin: Origin): void => {
    if (!groups.has(name)) groups.set(name, { kind: 'group', name, isSystem, origin })
  }
  for (const [index, user] of users.entries()) {
    if (index === 0) add('wheel', !names.has('wheel'), originOf(user))
    add(user.group, !names.has(user.group), originOf(user))
  }
  return [...groups.values()]
}

function planUser(user: UserEntry, shell: string, isFirst: boolean): readonly Resource[] {
  const { name, group, password } = user
  const origin = originOf(user)
  const isAdministrator = isFirst && name !== 'root'
  return [
    {
      kind: 'user',
      name,
      group,
      shell,
      groupsWhenCreated: isAdministrator ? FIRST_USER_GROUPS : [],
      groups: name === group ? [] : ['users'],
      origin,
    },
    { kind: 'password', user: name, password, origin },
  ]
}

function originOf(user: UserEntry): Origin {
  return { plugin: 'cernvm', span: user.span }
}
