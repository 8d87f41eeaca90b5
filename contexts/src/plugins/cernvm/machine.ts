import type { Resource } from '../../plan/resource.ts'
import type { Option } from '../../userdata/ini.ts'
import type { ProblemList } from '../../userdata/problem.ts'
import { type Span, trimBlank } from '../../userdata/text.ts'
import { isAccountName, isUnitName } from '../names.ts'
import { type Entry, splitEntries } from '../option-values.ts'

/** Swap wanted: so many MiB, or so many for each CPU. */
export interface SwapWish {
  readonly sizeMiB: number | { readonly perCpuMiB: number }
  readonly span: Span
}

/** Command of `contextualization_command`. */
export interface UserCommand {
  readonly user: string
  readonly command: string
  readonly span: Span
}

/** Where the images keep their swap file: on the partition that may be written. */
const SWAP_PATH = '/mnt/.rw/swapfile'
const AUTO_MIB_PER_CPU = 2048
const MAX_SWAP_MIB = 1024 * 1024
const COMMAND_TIMEOUT_SECONDS = 600

const BINARY_UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }
const DECIMAL_UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/** Reads `swap_size`: `auto`, `off`, or a size as `fallocate` reads it (2g, 512MiB, 2GB, bytes). */
export function readSwap(option: Option | undefined, problems: ProblemList): SwapWish | undefined {
  if (option === undefined || /^(?:|off|no|none|0)$/i.test(option.value)) return undefined
  const span = option.valueSpan
  if (/^auto$/i.test(option.value)) return { sizeMiB: { perCpuMiB: AUTO_MIB_PER_CPU }, span }
  const sizeMiB = parseSizeMiB(option.value)
  if (sizeMiB === undefined || sizeMiB > MAX_SWAP_MIB) {
    const hint = `Write auto, off, or a size such as 2G, up to ${MAX_SWAP_MIB / 1024} GiB.`
    problems.add('invalid-value', span, `"${option.value}" is no size of a swap file`, hint)
    return undefined
  }
  return { sizeMiB, span }
}

function parseSizeMiB(text: string): number | undefined {
  const match = /^(\d{1,15}) ?([kmgt]?)(i?b)?$/i.exec(text)
  if (match === null) return undefined
  const unit = (match[2] ?? '').toUpperCase()
  const isDecimal = unit !== '' && (match[3] ?? '').toLowerCase() === 'b'
  const factor = (isDecimal ? DECIMAL_UNITS : BINARY_UNITS)[unit]
  return factor === undefined ? undefined : Math.ceil((Number(match[1]) * factor) / 2 ** 20)
}

/** The swap file for a machine with so many CPUs. */
export function planSwap(swap: SwapWish | undefined, cpus: number): readonly Resource[] {
  if (swap === undefined) return []
  const sizeMiB = typeof swap.sizeMiB === 'number' ? swap.sizeMiB : swap.sizeMiB.perCpuMiB * Math.max(1, cpus)
  return [{ kind: 'swap', path: SWAP_PATH, sizeMiB, origin: { plugin: 'cernvm', span: swap.span } }]
}

/** Reads `services`; a name may end in `.service`. */
export function readServices(option: Option | undefined, problems: ProblemList): readonly Entry[] {
  return splitEntries(option).map(({ text, span }) => {
    const unit = text.replace(/\.service$/, '')
    if (!isUnitName(unit)) problems.add('invalid-value', span, 'This is no name of a service', 'For example: sshd')
    return { text: unit, span }
  })
}

/** Services in the order given, each once. */
export function planServices(services: readonly Entry[]): readonly Resource[] {
  const units = new Map(services.map((service) => [service.text, service]))
  return Array.from(units.values(), ({ text, span }) => ({
    kind: 'service',
    unit: text,
    restartOn: [],
    origin: { plugin: 'cernvm', span },
  }))
}

/** Reads `contextualization_command`: `USER:COMMAND`, split at the first colon. */
export function readUserCommand(option: Option | undefined, problems: ProblemList): UserCommand | undefined {
  if (option === undefined || option.value === '') return undefined
  const colon = option.value.indexOf(':')
  const user = trimBlank(option.value.slice(0, Math.max(colon, 0)))
  const command = trimBlank(option.value.slice(colon + 1))
  const span = option.valueSpan
  if (colon === -1 || command === '' || !isAccountName(user)) {
    problems.add('invalid-value', span, 'The command names no user', 'Write USER:COMMAND, for example alice:/bin/true')
    return undefined
  }
  if (user === 'root') {
    problems.add('invalid-value', span, 'The command cannot be run by root', 'Put it into the leading script.')
    return undefined
  }
  return { user, command, span }
}

/** The command, by a login shell of its user: `su` did the same. Quoting and pipes of the command work as ever. */
export function planUserCommand(wish: UserCommand | undefined): readonly Resource[] {
  if (wish === undefined) return []
  return [
    {
      kind: 'command',
      name: 'contextualization-command',
      argv: ['/bin/bash', '-l', '-c', wish.command],
      runAs: wish.user,
      completion: { oncePer: 'context' },
      timeoutSeconds: COMMAND_TIMEOUT_SECONDS,
      onFailure: 'continue',
      origin: { plugin: 'cernvm', span: wish.span },
    },
  ]
}
