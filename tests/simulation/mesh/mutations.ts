import type { PeerId } from '@muster/mesh/admission/membership.ts'
import type { MemberEffect, MemberEvent } from '@muster/mesh/member/messages.ts'
import type { SignedRecord } from '@muster/mesh/records/record.ts'
import { DEFAULT_REDIAL_OPTIONS } from '@muster/mesh/redial/state.ts'
import { DEFAULT_WITNESS_OPTIONS } from '@muster/mesh/witness/state.ts'
import type { Tampering } from './machine.ts'
import {
  halfCutMember,
  heavyLoss,
  lateJoiner,
  longSplit,
  type Scenario,
  sickObserver,
  silentHost,
  smallCut,
  standstill,
} from './scenarios.ts'

/** A mechanism that is taken away, and the scenario that must fail without it. */
export interface Mutation {
  readonly without: string
  /** Made anew for each run: some count. */
  readonly tampering: () => Tampering
  readonly scenario: Scenario
}

export const MUTATIONS: readonly Mutation[] = [
  { without: 'refutation', tampering: () => ({ event: hearsNoSuspicionOfItself }), scenario: halfCutMember },
  {
    without: 'anti-entropy',
    tampering: () => ({ effect: (_self, effect) => (effect.type === 'sync' ? undefined : effect) }),
    scenario: lateJoiner,
  },
  {
    without: 'rounds of redialing',
    tampering: () => ({ redial: { ...DEFAULT_REDIAL_OPTIONS, roundMs: 1e12 } }),
    scenario: longSplit(0.5, 12),
  },
  { without: 'probes through others', tampering: () => ({ effect: asksNobodyElse }), scenario: silentHost },
  {
    without: 'a second question when nobody could tell',
    tampering: () => ({ witness: { ...DEFAULT_WITNESS_OPTIONS, askAgainMs: Number.POSITIVE_INFINITY } }),
    scenario: smallCut(1),
  },
  {
    without: 'a look into what one witness says',
    tampering: () => ({ witness: { ...DEFAULT_WITNESS_OPTIONS, loneLookMs: Number.POSITIVE_INFINITY } }),
    scenario: smallCut(5),
  },
  {
    without: 'doubt of itself',
    tampering: () => ({ witness: { ...DEFAULT_WITNESS_OPTIONS, sickShare: 2 } }),
    scenario: sickObserver,
  },
  {
    without: 'notice of a standstill',
    tampering: () => ({ witness: { ...DEFAULT_WITNESS_OPTIONS, freezeMs: Number.POSITIVE_INFINITY } }),
    scenario: standstill,
  },
  {
    without: 'looks, lapse and patience',
    tampering: () => ({
      witness: {
        ...DEFAULT_WITNESS_OPTIONS,
        witnessesWithoutLook: 0,
        lapseMs: Number.POSITIVE_INFINITY,
        maxStrain: 0,
        lookTimeoutMs: DEFAULT_WITNESS_OPTIONS.probeTimeoutMs,
      },
    }),
    scenario: heavyLoss(0.3, 10, 12, 28),
  },
]

function hearsNoSuspicionOfItself(self: PeerId, event: MemberEvent): MemberEvent | undefined {
  const isAboutIt = ({ record }: SignedRecord) => record.kind === 'suspicion' && record.subject === self
  if (event.type === 'message') return isAboutIt(event.message) ? undefined : event
  if (event.type === 'synced') return { ...event, records: event.records.filter(({ signed }) => !isAboutIt(signed)) }
  if (event.type !== 'requested' || event.body.type !== 'probe') return event
  return { ...event, body: { ...event.body, suspected: undefined } }
}

function asksNobodyElse(_self: PeerId, effect: MemberEffect): MemberEffect | undefined {
  return effect.type === 'request' && effect.body.type === 'probe-through' ? undefined : effect
}
