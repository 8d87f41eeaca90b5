import { checkSection } from '../plugins/check-section.ts'
import { type Entry, optionFinder, parseBoolean, splitEntries } from '../plugins/option-values.ts'
import { Secret } from '../secret.ts'
import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { Option, Section } from '../userdata/ini.ts'
import { readIni } from '../userdata/ini-reader.ts'
import { createProblemList, type ProblemList, problem } from '../userdata/problem.ts'
import { START, splitLines } from '../userdata/text.ts'
import { JOIN_SCHEMA } from './join-schema.ts'
import { isIpAddress, isPeerIdText, readMultiaddr } from './multiaddr.ts'

/** Section of a context, and of the file, that holds what a machine needs to join; also the name of its plugin. */
export const JOIN_SECTION = 'muster'
/** Where the agent looks for it, below the root of the machine. Mode 0600. */
export const JOIN_FILE = '/etc/muster/join.conf'
/** Most addresses of one list. */
const MAX_ADDRESSES = 16

/** What a machine needs to become a member of a cluster. */
export interface JoinSettings {
  readonly cluster: string
  /** PeerId whose key signs the definition. */
  readonly coordinator: string
  /** PeerId of who admits this machine. */
  readonly issuer: string
  /** Multiaddrs of the issuer, without its PeerId. At least one. */
  readonly addresses: readonly string[]
  /** Other members to dial at first. */
  readonly rendezvous: readonly { readonly peer: string; readonly addresses: readonly string[] }[]
  readonly token: Secret
  /** Multiaddrs to listen at. */
  readonly listen: readonly string[]
  /** Multiaddrs to announce in place of those found; empty: those found. */
  readonly announce: readonly string[]
  readonly isMulticastEnabled: boolean
  readonly isRelay: boolean
  /** IP address for programs of users. */
  readonly address: string | undefined
  /** The cloud's identifier of this machine. */
  readonly instance: string | undefined
}

/** The settings, or none after an error, with all problems. */
export interface DecodedJoin {
  readonly settings: JoinSettings | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** Reads the values of a `[muster]` section. What its schema can find is left to `checkSection`. */
export function decodeJoinSection(section: Section): DecodedJoin {
  const problems = createProblemList()
  const find = optionFinder(section, JOIN_SCHEMA)
  const peers = { coordinator: find('coordinator'), issuer: find('issuer') }
  checkPattern(find('cluster'), /^[a-zA-Z0-9_-]{1,64}$/, 'identifier of a cluster', problems)
  for (const option of Object.values(peers)) checkPeer(option, problems)
  checkPattern(find('token'), /^[\w.~-]{16,512}$/, 'join token', problems)
  checkPattern(find('instance'), /^[!-~]{1,128}$/, 'identifier without blanks', problems)
  const address = find('address')
  if (address !== undefined && address.value !== '' && !isIpAddress(address.value)) {
    problems.add('invalid-value', address.valueSpan, 'This is no IP address', 'For example: address=10.0.0.7')
  }
  const issuer = peers.issuer?.value ?? ''
  const settings: JoinSettings = {
    cluster: find('cluster')?.value ?? '',
    coordinator: peers.coordinator?.value ?? '',
    issuer,
    ...readPeers(find('addresses'), issuer, problems),
    token: new Secret(find('token')?.value ?? ''),
    listen: readList(find('listen'), problems, ['/ip4/0.0.0.0/tcp/0']),
    announce: readList(find('announce'), problems, []),
    isMulticastEnabled: parseBoolean(find('mdns')?.value ?? '') ?? true,
    isRelay: parseBoolean(find('relay')?.value ?? '') ?? false,
    address: address?.value || undefined,
    instance: find('instance')?.value || undefined,
  }
  const diagnostics = problems.all()
  return { settings: diagnostics.length > 0 ? undefined : settings, diagnostics }
}

/** Reads the text of `/etc/muster/join.conf`, or of any text with a `[muster]` section. */
export function decodeJoinText(text: string): DecodedJoin {
  const ini = readIni(splitLines(text))
  const section = ini.sections.get(JOIN_SECTION)
  if (section === undefined) {
    const missing = problem('key-missing', START, `There is no section [${JOIN_SECTION}]`, 'Write it again.')
    return { settings: undefined, diagnostics: [...ini.diagnostics, missing] }
  }
  const checked = checkSection(section, JOIN_SCHEMA)
  const { settings, diagnostics } = decodeJoinSection(section)
  const all = [...ini.diagnostics, ...checked, ...diagnostics]
  return { settings: all.some(({ severity }) => severity === 'error') ? undefined : settings, diagnostics: all }
}

/** The text of `/etc/muster/join.conf`; `decodeJoinText` gives the settings back. Holds the token. */
export function renderJoinText(settings: JoinSettings): Secret {
  const others = settings.rendezvous.flatMap(({ peer, addresses }) => addresses.map((one) => `${one}/p2p/${peer}`))
  const lines = [
    `[${JOIN_SECTION}]`,
    `cluster=${settings.cluster}`,
    `coordinator=${settings.coordinator}`,
    `issuer=${settings.issuer}`,
    `addresses=${[...settings.addresses, ...others].join(',')}`,
    `token=${settings.token.reveal()}`,
    `listen=${settings.listen.join(',')}`,
    ...(settings.announce.length === 0 ? [] : [`announce=${settings.announce.join(',')}`]),
    `mdns=${settings.isMulticastEnabled ? 'on' : 'off'}`,
    `relay=${settings.isRelay ? 'on' : 'off'}`,
    ...(settings.address === undefined ? [] : [`address=${settings.address}`]),
    ...(settings.instance === undefined ? [] : [`instance=${settings.instance}`]),
  ]
  return new Secret(`${lines.join('\n')}\n`)
}

function checkPattern(option: Option | undefined, pattern: RegExp, what: string, problems: ProblemList): void {
  if (option === undefined || option.value === '' || pattern.test(option.value)) return
  problems.add('invalid-value', option.valueSpan, `This is no ${what}`)
}

function checkPeer(option: Option | undefined, problems: ProblemList): void {
  if (option === undefined || option.value === '' || isPeerIdText(option.value)) return
  problems.add('invalid-value', option.valueSpan, 'This is no PeerId', 'A PeerId has 52 characters, 12D3Koo….')
}

function readPeers(option: Option | undefined, issuer: string, problems: ProblemList) {
  const addresses: string[] = []
  const others = new Map<string, string[]>()
  for (const { text, span } of boundedEntries(option, problems)) {
    const read = readMultiaddr(text)
    if (read === undefined) problems.add('invalid-value', span, 'This is no multiaddr over tcp', EXAMPLE_HINT)
    else if (read.peer === undefined || read.peer === issuer) addresses.push(read.address)
    else others.set(read.peer, [...(others.get(read.peer) ?? []), read.address])
  }
  if (option !== undefined && option.value !== '' && addresses.length === 0 && problems.all().length === 0) {
    problems.add('invalid-value', option.valueSpan, 'None of the addresses is of the issuer', EXAMPLE_HINT)
  }
  return { addresses, rendezvous: Array.from(others, ([peer, list]) => ({ peer, addresses: list })) }
}

const EXAMPLE_HINT = 'For example: /ip4/192.0.2.7/tcp/4001'

function readList(option: Option | undefined, problems: ProblemList, otherwise: readonly string[]): readonly string[] {
  const entries = boundedEntries(option, problems)
  for (const { text, span } of entries) {
    if (readMultiaddr(text) === undefined)
      problems.add('invalid-value', span, 'This is no multiaddr over tcp', EXAMPLE_HINT)
  }
  return entries.length === 0 ? otherwise : entries.map(({ text }) => text)
}

function boundedEntries(option: Option | undefined, problems: ProblemList): readonly Entry[] {
  const entries = splitEntries(option)
  if (option !== undefined && entries.length > MAX_ADDRESSES)
    problems.add('invalid-value', option.valueSpan, `At most ${MAX_ADDRESSES} addresses are read`)
  return entries.slice(0, MAX_ADDRESSES)
}
