import type { Option, Section } from '../../userdata/ini.ts'
import { createProblemList, type ProblemList } from '../../userdata/problem.ts'
import { type Span, START } from '../../userdata/text.ts'
import { isSafePath } from '../names.ts'
import { type Entry, optionFinder, parseBoolean, splitEntries, unquote } from '../option-values.ts'
import type { Decoded } from '../plugin.ts'
import { type DesktopIcon, readIcons } from './desktop.ts'
import { readEnvironment, type Variable } from './environment.ts'
import { type EosMount, type GridProxy, readAccount, readEos, readGridProxy, readPem } from './grid.ts'
import { readServices, readSwap, readUserCommand, type SwapWish, type UserCommand } from './machine.ts'
import { type ExtraRepository, readExtraRepositories, readRepositories } from './repositories.ts'
import { cernvmSchema } from './schema.ts'
import { readUsers, type UserEntry } from './users.ts'

/** Login shell of accounts that name none. */
export const DEFAULT_SHELL = '/bin/bash'

/** Everything that `[cernvm]` says, checked. */
export interface CernvmSettings {
  /** The section, or the start of the text without one. */
  readonly span: Span
  /** Raw options, for what is recorded as it stands. */
  readonly find: (key: string) => Option | undefined
  readonly organisations: readonly string[]
  readonly repositories: readonly string[]
  readonly extraRepositories: readonly ExtraRepository[]
  readonly users: readonly UserEntry[]
  readonly shell: string
  readonly environment: readonly Variable[]
  readonly icons: readonly DesktopIcon[]
  readonly isXdmStarted: boolean | undefined
  readonly isAutoLogin: boolean
  readonly services: readonly Entry[]
  readonly command: UserCommand | undefined
  readonly swap: SwapWish | undefined
  readonly proxyUser: string | undefined
  readonly proxy: GridProxy | undefined
  readonly eosUser: string | undefined
  readonly eosProxy: GridProxy | undefined
  readonly eos: EosMount | undefined
}

/** Checks `[cernvm]`, or stands in for a missing one. */
export function decodeCernvm(section: Section | undefined): Decoded<CernvmSettings> {
  const problems = createProblemList()
  const find = optionFinder(section, cernvmSchema)
  const organisations = splitEntries(find('organisations')).map(({ text }) => unquote(text))
  checkWords(find, problems)
  const settings: CernvmSettings = {
    span: section?.span ?? START,
    find,
    organisations,
    repositories: readRepositories(find('repositories'), problems),
    extraRepositories: readExtraRepositories(find('extra_repositories'), problems),
    users: readUsers(find('users'), organisations, problems),
    shell: readShell(find('shell'), problems),
    environment: readEnvironment(find('environment'), problems),
    icons: readIcons(find('desktop_icons'), problems),
    isXdmStarted: parseBoolean(find('startxdm')?.value ?? ''),
    isAutoLogin: parseBoolean(find('auto_login')?.value ?? '') ?? false,
    services: readServices(find('services'), problems),
    command: readUserCommand(find('contextualization_command'), problems),
    swap: readSwap(find('swap_size'), problems),
    proxyUser: readAccount(find('x509-user'), problems),
    proxy: readGridProxy(find, problems),
    eosUser: readAccount(find('eos-user'), problems),
    eosProxy: readPem(find('eos-x509-cert'), problems),
    eos: readEos(find, problems),
  }
  const diagnostics = problems.all()
  const isUsable = diagnostics.every((one) => one.severity !== 'error')
  return { settings: isUsable ? settings : undefined, diagnostics }
}

function readShell(option: Option | undefined, problems: ProblemList): string {
  if (option === undefined || option.value === '') return DEFAULT_SHELL
  if (!isSafePath(option.value)) {
    problems.add('invalid-value', option.valueSpan, 'A shell is an absolute path', `For example: ${DEFAULT_SHELL}`)
  }
  return option.value
}

/** Values that are recorded in any case, but look wrong. */
function checkWords(find: (key: string) => Option | undefined, problems: ProblemList): void {
  const edition = find('edition')
  const exact = ['Desktop', 'Basic'].find((one) => one.toLowerCase() === edition?.value.toLowerCase())
  if (edition !== undefined && exact !== undefined && edition.value !== exact) {
    problems.add('unusual-value', edition.valueSpan, `Only "${exact}" in this spelling counts`, `Write ${exact}.`)
  }
  const screen = find('screenres')
  if (screen !== undefined && screen.value !== '' && !/^\d{2,5}x\d{2,5}$/i.test(screen.value)) {
    problems.add('unusual-value', screen.valueSpan, 'This does not look like a resolution', 'For example: 1280x800')
  }
  const key = find('contextualization_key')
  if (key?.value.includes(':') === true) {
    const message = 'The secret of the key is written to a file that every account can read'
    problems.add('readable-secret', key.valueSpan, message, 'Pair the machine instead.')
  }
}
