import { type Static, Type } from 'typebox'
import { ApplySummary, ContextReference } from './machines.ts'

/**
 * What the claimant and the machine say to each other inside the sealed channel, which only they can read.
 * Order: claimant `propose` → machine `proposal-plan` or `proposal-refused` → claimant `approve` or `withdraw` →
 * machine `progress`… → `finished`. After `withdraw` or a refusal another `propose` may follow. At any time the machine
 * may say `closed`, and nothing after it.
 */

/** Claimant: this context, opened if it was sealed. */
export const Propose = Type.Object({
  type: Type.Literal('propose'),
  context: ContextReference,
  text: Type.String({ maxLength: 1_048_576 }),
  isStrict: Type.Boolean(),
})

/** One problem, flattened for the wire. */
export const WireDiagnostic = Type.Object({
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning'), Type.Literal('info')]),
  code: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
  line: Type.Integer(),
  column: Type.Integer(),
})

/** One change as the machine would make it, secrets masked. */
export const WireChange = Type.Object({
  action: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('remove'), Type.Literal('run')]),
  address: Type.String(),
  summary: Type.String(),
  undo: Type.Union([Type.Literal('exact'), Type.Literal('best-effort'), Type.Literal('none')]),
})
export type WireChange = Static<typeof WireChange>

/** Machine: what applying would change here. */
export const ProposalPlan = Type.Object({
  type: Type.Literal('proposal-plan'),
  changes: Type.Array(WireChange),
  diagnostics: Type.Array(WireDiagnostic),
})

/** Machine: it will not apply this. */
export const ProposalRefused = Type.Object({
  type: Type.Literal('proposal-refused'),
  code: Type.String(),
  message: Type.String(),
  diagnostics: Type.Array(WireDiagnostic),
})

/** Claimant: do it. */
export const Approve = Type.Object({ type: Type.Literal('approve') })

/** Claimant: leave it. */
export const Withdraw = Type.Object({ type: Type.Literal('withdraw') })

/** Machine: change `index`, counted from 1, of `total` began or ended. */
export const Progress = Type.Object({
  type: Type.Literal('progress'),
  index: Type.Integer(),
  total: Type.Integer(),
  address: Type.String(),
  phase: Type.Union([Type.Literal('started'), Type.Literal('done'), Type.Literal('not-done'), Type.Literal('failed')]),
  message: Type.Optional(Type.String()),
})

/** Machine: the end; `report` lines are for people, secrets masked. */
export const Finished = Type.Object({
  type: Type.Literal('finished'),
  summary: ApplySummary,
  report: Type.Array(Type.String()),
})

/** Machine: this conversation is over; an apply that has begun goes on unless the agent stops. */
export const Closed = Type.Object({
  type: Type.Literal('closed'),
  /**
   * `protocol` the claimant said what the machine could not read or did not expect · `renewed` somebody at the machine
   * asked for a new PIN · `removed` its owner removed it · `stopping` the agent stops. More may come.
   */
  code: Type.String(),
  /** For people, one sentence without its stop. */
  message: Type.String(),
})

export const ClaimantMessage = Type.Union([Propose, Approve, Withdraw])
export type ClaimantMessage = Static<typeof ClaimantMessage>
export const MachineMessage = Type.Union([ProposalPlan, ProposalRefused, Progress, Finished, Closed])
export type MachineMessage = Static<typeof MachineMessage>
