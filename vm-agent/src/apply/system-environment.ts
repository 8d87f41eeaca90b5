/** Search path of programs that a context runs, as root has it at a login. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Account that a program runs as. */
export interface ProgramAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
  /** Supplementary groups. */
  readonly groups: readonly number[]
}

/** The superuser, who is there on every machine. */
export const ROOT_ACCOUNT: ProgramAccount = {
  name: 'root',
  uid: 0,
  gid: 0,
  home: '/root',
  shell: '/bin/bash',
  groups: [],
}

/** A clean environment: nothing of the agent's own, which may hold tokens, reaches a context's programs. */
export function environmentFor(account: ProgramAccount): Readonly<Record<string, string>> {
  const { name, home, shell } = account
  return { PATH: SYSTEM_PATH, HOME: home, USER: name, LOGNAME: name, SHELL: shell, LANG: 'C.UTF-8' }
}
