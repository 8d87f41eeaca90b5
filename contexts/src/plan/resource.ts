import type { Secret } from '../secret.ts'
import type { Span } from '../userdata/text.ts'
import type { TextEdit } from './text-edit.ts'

/**
 * One thing that a machine shall have: a closed union, so that the executor, the renderer and the reader of a plan
 * know every kind. Paths are absolute on the machine. A plan is an ordered list of these.
 */
export type Resource =
  | FileResource
  | EditResource
  | DirectoryResource
  | LinkResource
  | GroupResource
  | UserResource
  | PasswordResource
  | SshKeyResource
  | ServiceResource
  | HostnameResource
  | SwapResource
  | SysctlResource
  | CommandResource
  | ScriptResource

/** How exactly the executor can take a resource back: bytes and modes, as well as it can, or not at all. */
export type Undo = 'exact' | 'best-effort' | 'none'

/** Who asked for a resource: the plugin (or `script`), and the place in the context. */
export interface Origin {
  readonly plugin: string
  readonly span?: Span
}

interface Common {
  readonly origin: Origin
}

/** Owner of a file by name; a missing name means `root`. */
export interface Ownership {
  readonly user?: string
  readonly group?: string
}

/** A whole file with its content; missing parents are made 0755 root. */
export interface FileResource extends Common {
  readonly kind: 'file'
  /** With `uidOf`, the text `{uid}` in it stands for the numeric id of that account, known on the machine only. */
  readonly path: string
  readonly uidOf?: string
  readonly content: Uint8Array | Secret
  /** Permission bits, for example 0o644. */
  readonly mode: number
  readonly owner: Ownership
}

/** Lines to set, remove or add in a file that somebody else may own too; missing parents are made 0755 root. */
export interface EditResource extends Common {
  readonly kind: 'edit'
  readonly path: string
  readonly edits: readonly TextEdit[]
  /** What to do when the file does not exist. */
  readonly whenMissing: 'create' | 'skip' | 'fail'
  /** Permission bits of a file that is created; an existing file keeps its own. */
  readonly mode: number
}

/** A directory; missing parents are made 0755 root. */
export interface DirectoryResource extends Common {
  readonly kind: 'directory'
  readonly path: string
  readonly mode: number
  readonly owner: Ownership
}

/** A symbolic link; `target` is stored as it is. */
export interface LinkResource extends Common {
  readonly kind: 'link'
  readonly path: string
  readonly target: string
}

/** A group that exists. An existing group keeps its id. */
export interface GroupResource extends Common {
  readonly kind: 'group'
  readonly name: string
  readonly isSystem: boolean
}

/** An account that exists, with this shell and primary group. An existing account keeps its id and home. */
export interface UserResource extends Common {
  readonly kind: 'user'
  readonly name: string
  /** Primary group, planned before or present. */
  readonly group: string
  readonly shell: string
  /** Groups joined when the account is made, where they exist (the first user's `wheel`, `docker`, `sudo`). */
  readonly groupsWhenCreated: readonly string[]
  /** Groups joined always, where they exist. */
  readonly groups: readonly string[]
}

/** The password of an account. */
export interface PasswordResource extends Common {
  readonly kind: 'password'
  readonly user: string
  readonly password: PasswordValue
}

/**
 * `plain` is hashed on the machine, `hash` is stored as it is (any modular crypt format), `locked` sets no usable
 * password, `generated` draws one on the machine once, when the account has none, and shows it to nobody.
 */
export type PasswordValue =
  | { readonly form: 'plain'; readonly secret: Secret }
  | { readonly form: 'hash'; readonly secret: Secret }
  | { readonly form: 'generated' }
  | { readonly form: 'locked' }

/** One public key in an account's `authorized_keys`; `key` is one line without its end. */
export interface SshKeyResource extends Common {
  readonly kind: 'ssh-key'
  readonly user: string
  readonly key: string
}

/**
 * A service that is enabled and (on the running system) started. `unit` without `.service`.
 * A unit that does not exist is a warning of the report, as the old agent went on too.
 */
export interface ServiceResource extends Common {
  readonly kind: 'service'
  readonly unit: string
  /** Started again when one of these paths changed in the same apply. */
  readonly restartOn: readonly string[]
}

/** The name of the machine, now and after a reboot. */
export interface HostnameResource extends Common {
  readonly kind: 'hostname'
  readonly name: string
}

/** A swap file; `sizeMiB` is computed in the plan from the facts. Missing parents are made 0755 root. */
export interface SwapResource extends Common {
  readonly kind: 'swap'
  readonly path: string
  readonly sizeMiB: number
}

/** A kernel parameter, now and after a reboot. */
export interface SysctlResource extends Common {
  readonly kind: 'sysctl'
  readonly key: string
  readonly value: string
}

/**
 * A program run as `argv` without a shell. It must say how to know that it is done: `creates` (a path that exists
 * afterwards) or `oncePer: 'context'` (run once for each context digest). `runAs` an account, otherwise root.
 */
export interface CommandResource extends Common {
  readonly kind: 'command'
  readonly name: string
  readonly argv: readonly string[]
  readonly runAs?: string
  readonly completion: { readonly creates: string } | { readonly oncePer: 'context' }
  readonly timeoutSeconds: number
  /** A failure is reported and the apply goes on (legacy behavior of scripts and post-script commands). */
  readonly onFailure: 'abort' | 'continue'
}

/** The leading script of a context: opaque, run once for each context digest and the values put into it. */
export interface ScriptResource extends Common {
  readonly kind: 'script'
  readonly phase: 'before' | 'after'
  /** Full text with its first line; a Secret, since people write tokens into scripts. */
  readonly text: Secret
  /** SHA-256 of the text, hex: the identity under which the run is journalled. */
  readonly digest: string
  /** Values of the cluster stand in the text: it runs again when they change. @default false */
  readonly hasPlaceholders?: boolean
  readonly interpreter: { readonly program: string; readonly posix: boolean }
  readonly timeoutSeconds: number
  readonly onFailure: 'abort' | 'continue'
}

/** Name of a kind. */
export type ResourceKind = Resource['kind']

/**
 * What two resources must not both describe: two plugins that give one address different wishes are a conflict.
 * Edits of one file are merged instead, and conflict per edited key (see `TextEdit`).
 */
export function addressOf(resource: Resource): string {
  switch (resource.kind) {
    case 'file':
    case 'edit':
    case 'directory':
    case 'link':
    case 'swap':
      return `path:${resource.path}`
    case 'group':
    case 'user':
      return `${resource.kind}:${resource.name}`
    case 'password':
      return `password:${resource.user}`
    case 'ssh-key':
      return `ssh-key:${resource.user}:${resource.key}`
    case 'service':
      return `service:${resource.unit}`
    case 'hostname':
      return 'hostname'
    case 'sysctl':
      return `sysctl:${resource.key}`
    case 'command':
      return `command:${resource.name}`
    case 'script':
      return `script:${resource.phase}`
  }
}

/** The undo that each kind promises; the executor may do less on a given machine and then says so. */
export const UNDO_BY_KIND: Readonly<Record<ResourceKind, Undo>> = {
  file: 'exact',
  edit: 'exact',
  directory: 'exact',
  link: 'exact',
  group: 'exact',
  user: 'exact',
  password: 'exact',
  'ssh-key': 'exact',
  service: 'best-effort',
  hostname: 'exact',
  swap: 'best-effort',
  sysctl: 'best-effort',
  command: 'none',
  script: 'none',
}
