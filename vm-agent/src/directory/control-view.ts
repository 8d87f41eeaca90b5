import type { MemberView, Mesh, TraceEntry } from '@muster/mesh/node/mesh.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import {
  CONTROL_VERSION,
  type MemberLine,
  type MembersMessage,
  type ServicesMessage,
  type TraceLine,
  type TraceMessage,
} from './control-messages.ts'

/** Certificates that end later do not end: those whom the definition names have none. */
const NO_EXPIRY_AFTER = 8_000_000_000_000
const MAX_TEXT_CHARS = 1_000

/** The services of a mesh, all or one, as programs and people are told. */
export function servicesMessage(mesh: Mesh, service: string | undefined): ServicesMessage {
  const names = service === undefined ? mesh.services() : [service]
  return {
    v: CONTROL_VERSION,
    type: 'services',
    cluster: mesh.cluster,
    standing: standingOf(mesh),
    services: names.map((name) => ({
      service: name,
      answers: mesh.resolve(name).map(({ service: _, ageMs, ports, ...answer }) => ({
        ...answer,
        ports: ports.map((port) => ({ ...port })),
        ageSeconds: secondsOf(ageMs),
      })),
    })),
  }
}

/** The members of a mesh, as programs and people are told. */
export function membersMessage(mesh: Mesh): MembersMessage {
  const members = mesh.members().map(memberLine)
  return { v: CONTROL_VERSION, type: 'members', cluster: mesh.cluster, standing: standingOf(mesh), members }
}

/** Entries of the trace, as programs and people are told. */
export function traceMessage(mesh: Mesh, entries: readonly TraceEntry[]): TraceMessage {
  return { v: CONTROL_VERSION, type: 'trace', cluster: mesh.cluster, entries: entries.map(traceLine) }
}

/** What of a message makes a difference to a watcher: all but ages and round trips, which change all the time. */
export function withoutAges(message: ServicesMessage | MembersMessage): string {
  const ages = new Set(['ageSeconds', 'heardSecondsAgo', 'rttMs'])
  return JSON.stringify(message, (key, value: unknown) => (ages.has(key) ? undefined : value))
}

function standingOf(mesh: Mesh): ServicesMessage['standing'] {
  const phase = mesh.phase()
  switch (phase.phase) {
    case 'joining':
    case 'lapsed':
      return phase.trouble === undefined ? { phase: phase.phase } : { phase: phase.phase, trouble: cut(phase.trouble) }
    case 'refused':
      return { phase: phase.phase, trouble: phase.cause }
    case 'member':
    case 'left':
      return { phase: phase.phase }
  }
}

function memberLine(member: MemberView): MemberLine {
  const { peer, isSelf, role, slot, status, heardAgoMs, connection, address, program, certificateExpiresAt } = member
  const expires = certificateExpiresAt !== undefined && certificateExpiresAt < NO_EXPIRY_AFTER
  return {
    peer,
    isSelf,
    role,
    ...slot,
    status,
    ...(heardAgoMs === undefined ? {} : { heardSecondsAgo: secondsOf(heardAgoMs) }),
    ...(connection === undefined ? {} : { connection: connectionOf(connection) }),
    ...(address === undefined ? {} : { address }),
    ...(program === undefined ? {} : { program }),
    ...(expires ? { certificateExpiresAt: timeOf(certificateExpiresAt) } : {}),
  }
}

function connectionOf(connection: NonNullable<MemberView['connection']>): NonNullable<MemberLine['connection']> {
  const { address, direction, isRelayed, rttMs, openedAt } = connection
  const rtt = rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }
  return { address, direction, isRelayed, ...rtt, openedAt: timeOf(openedAt) }
}

function traceLine({ at, event, peer, kind, text }: TraceEntry): TraceLine {
  const about = { ...(peer === undefined ? {} : { peer }), ...(kind === undefined ? {} : { kind }) }
  return { at: timeOf(at), event, ...about, text: cut(text) }
}

function secondsOf(ms: number): number {
  return Math.max(0, Math.round(ms / 100) / 10)
}

function timeOf(epochMs: number): string {
  return isoTime(epochMs)
}

function cut(text: string): string {
  return text.slice(0, MAX_TEXT_CHARS)
}
