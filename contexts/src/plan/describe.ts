import { Secret } from '../secret.ts'
import { printable, shorten } from '../userdata/printable.ts'
import type {
  CommandResource,
  EditResource,
  FileResource,
  Ownership,
  PasswordResource,
  Resource,
  ScriptResource,
  SshKeyResource,
  UserResource,
} from './resource.ts'
import type { TextEdit } from './text-edit.ts'

const MASK = '••••••'
/** Longest value or argument that a description shows. */
const MAX_SHOWN = 60
/** Most edits of one file that a description lists. */
const MAX_EDITS_SHOWN = 12

/** What a resource asks for, as one line for people; secrets are masked, control characters replaced. */
export function describeResource(resource: Resource): string {
  return printable(describe(resource))
}

function describe(resource: Resource): string {
  switch (resource.kind) {
    case 'file':
      return describeFile(resource)
    case 'edit':
      return describeEditResource(resource)
    case 'directory':
      return `directory ${resource.path} (${octal(resource.mode)} ${ownership(resource.owner)})`
    case 'link':
      return `link ${resource.path} -> ${resource.target}`
    case 'group':
      return `${resource.isSystem ? 'system group' : 'group'} ${resource.name}`
    case 'user':
      return describeUser(resource)
    case 'password':
      return describePassword(resource)
    case 'ssh-key':
      return describeSshKey(resource)
    case 'service':
      return `service ${resource.unit} enabled and started${restarts(resource.restartOn)}`
    case 'hostname':
      return `host name ${resource.name}`
    case 'swap':
      return `swap file ${resource.path} (${resource.sizeMiB} MiB)`
    case 'sysctl':
      return `kernel parameter ${resource.key} = ${shorten(resource.value, MAX_SHOWN)}`
    case 'command':
      return describeCommand(resource)
    case 'script':
      return describeScript(resource)
  }
}

/** One edit of a text file in a few words, secrets masked. */
export function describeEdit(edit: TextEdit): string {
  return printable(describeTextEdit(edit))
}

function describeTextEdit(edit: TextEdit): string {
  switch (edit.edit) {
    case 'set':
      if (edit.value === undefined) return `without ${edit.key}`
      return `${edit.key}${edit.separator}${edit.isSecret === true ? MASK : shorten(edit.value, MAX_SHOWN)}`
    case 'first-line':
      return `first line "${shorten(edit.line, MAX_SHOWN)}"`
    case 'line':
      return `line "${shorten(edit.line, MAX_SHOWN)}"`
    case 'remove-matching':
      return `no line like ${shorten(edit.pattern, MAX_SHOWN)}`
    case 'replace-first':
      return `line "${shorten(edit.line, MAX_SHOWN)}" in place of the old one`
  }
}

function describeFile(resource: FileResource): string {
  const size = resource.content instanceof Secret ? `secret content ${MASK}` : `${resource.content.byteLength} bytes`
  return `file ${resource.path} (${octal(resource.mode)} ${ownership(resource.owner)}, ${size})`
}

function describeEditResource(resource: EditResource): string {
  const shown = resource.edits.slice(0, MAX_EDITS_SHOWN).map(describeTextEdit)
  if (resource.edits.length > shown.length) shown.push(`and ${resource.edits.length - shown.length} more`)
  const condition = resource.whenMissing === 'skip' ? ' (if it exists)' : ''
  return `edit ${resource.path}${condition}: ${shown.join(', ')}`
}

function describeUser(resource: UserResource): string {
  const parts = [`group ${resource.group}`, `shell ${resource.shell}`]
  if (resource.groups.length > 0) parts.push(`also in ${resource.groups.join(', ')}`)
  if (resource.groupsWhenCreated.length > 0) parts.push(`when created in ${resource.groupsWhenCreated.join(', ')}`)
  return `user ${resource.name} (${parts.join('; ')})`
}

function describePassword(resource: PasswordResource): string {
  switch (resource.password.form) {
    case 'plain':
      return `password of ${resource.user}: ${MASK}`
    case 'hash':
      return `password of ${resource.user}: ${MASK} (given as a hash)`
    case 'generated':
      return `password of ${resource.user}: random, shown to nobody, unless the account has one`
    case 'locked':
      return `password of ${resource.user}: locked`
  }
}

function describeSshKey(resource: SshKeyResource): string {
  const [type = '', material = '', ...comment] = resource.key.split(/\s+/)
  const label = comment.length > 0 ? ` "${shorten(comment.join(' '), MAX_SHOWN)}"` : ''
  return `ssh key of ${resource.user}: ${type} …${material.slice(-8)}${label}`
}

function describeCommand(resource: CommandResource): string {
  const words = resource.argv.map((word) => (/[\s"']/.test(word) || word === '' ? JSON.stringify(word) : word))
  const account = resource.runAs === undefined ? '' : ` as ${resource.runAs}`
  const completion =
    'creates' in resource.completion ? `unless ${resource.completion.creates} exists` : 'once for this context'
  return `command ${shorten(words.join(' '), 2 * MAX_SHOWN)}${account}, ${completion}`
}

function describeScript(resource: ScriptResource): string {
  const lines = resource.text.reveal().split('\n').length - 1
  const place = resource.phase === 'before' ? 'before everything else' : 'after everything else'
  const mode = resource.interpreter.posix ? ' (POSIX mode)' : ''
  return `script of ${lines} lines ${place}, by ${resource.interpreter.program}${mode}, once for this context`
}

function restarts(paths: readonly string[]): string {
  return paths.length === 0 ? '' : `, again when ${paths.join(' or ')} changed`
}

function ownership(owner: Ownership): string {
  return `${owner.user ?? 'root'}:${owner.group ?? 'root'}`
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
