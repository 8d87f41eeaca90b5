import type { PublicContext } from './public-context.ts'

/**
 * What a machine must have after a context was applied, written from CONTEXT-SPEC 6.3 and 2.3 and not from what the
 * agent does.
 */
export interface Expectation {
  readonly context: PublicContext
  /** The only person of the machine; undefined: nobody was created. */
  readonly user: ExpectedUser | undefined
  /** All variables of `/etc/cernvm/site.conf`, as a shell that sources it sees them. */
  readonly cernvm: Readonly<Record<string, string>>
  /** All variables of `/etc/cvmfs/site.conf`; undefined: no such file. */
  readonly cvmfs: Readonly<Record<string, string>> | undefined
  /** All variables of `/etc/cernvm/environment.conf`; undefined: no such file. */
  readonly environment: Readonly<Record<string, string>> | undefined
  /** Services that start at boot now. */
  readonly enabled: readonly string[]
  /** Whether a desktop with this user signed in is what the machine boots into. */
  readonly desktopOf: string | undefined
  readonly directories?: readonly { readonly path: string; readonly owner: string }[]
  readonly files: readonly ExpectedFile[]
  /** Symbolic links by path. */
  readonly links: Readonly<Record<string, string>>
  /** How the context's script ends; undefined: it has none. */
  readonly script: 'succeeds' | undefined
}

/** An account; the shell of all of them is bash. */
export interface ExpectedUser {
  readonly name: string
  readonly group: string
  readonly supplementary: readonly string[]
  /** `plain` is verified against the stored hash; `hash` is stored letter for letter. */
  readonly password: { readonly plain: string } | { readonly hash: string }
}

/** A regular file. */
export interface ExpectedFile {
  readonly path: string
  readonly mode: number
  /** Name of the owner; root when left out. */
  readonly owner?: string
  /** Whole text, or what it must match. */
  readonly content: string | RegExp
  /** A piece that occurs exactly once: scripts that append must not append twice. */
  readonly once?: string
}

/** What all desktops of the public contexts have in `/etc/cernvm/site.conf`. */
export function desktop(
  name: string,
  group: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    CERNVM_AUTOLOGIN: 'on',
    CERNVM_EDITION: 'Desktop',
    CERNVM_KEYBOARD: 'us',
    CERNVM_SCREEN_RES: '1280x700',
    CERNVM_START_XDM: 'on',
    CERNVM_USER: name,
    CERNVM_USER_GROUP: group,
    CERNVM_USER_SHELL: '/bin/bash',
    ...more,
  }
}
