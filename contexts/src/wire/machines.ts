import { type Static, Type } from 'typebox'
import { DisplayName, idSchema, Timestamp } from './common.ts'

export const MachineId = idSchema('mch')

/**
 * What a paired machine does: `paired` without a context yet · `applying` · `configured` (last apply succeeded) ·
 * `failed` (last apply failed and was rolled back, or could not be) .
 */
export const MachineState = Type.Union([
  Type.Literal('paired'),
  Type.Literal('applying'),
  Type.Literal('configured'),
  Type.Literal('failed'),
])
export type MachineState = Static<typeof MachineState>

/** Name and version of a context as the machine reports them; id when it came from the coordinator. */
export const ContextReference = Type.Object({
  id: Type.Optional(Type.String({ maxLength: 40 })),
  name: Type.String({ maxLength: 100 }),
  version: Type.Optional(Type.Integer({ minimum: 1 })),
  /** SHA-256 of the plain text, hex. */
  digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})
export type ContextReference = Static<typeof ContextReference>

/** Numbers of the last apply; no texts, which might hold secrets. */
export const ApplySummary = Type.Object({
  finishedAt: Timestamp,
  outcome: Type.Union([
    Type.Literal('applied'),
    Type.Literal('unchanged'),
    Type.Literal('rolled-back'),
    Type.Literal('rollback-failed'),
    Type.Literal('refused'),
    /** The cluster does not tell all values yet; the machine applies the context by itself when it does. */
    Type.Literal('waiting'),
  ]),
  changes: Type.Integer({ minimum: 0 }),
  warnings: Type.Integer({ minimum: 0 }),
  notDone: Type.Integer({ minimum: 0 }),
  durationMs: Type.Integer({ minimum: 0 }),
  errorCode: Type.Optional(Type.String({ maxLength: 100 })),
  /** Of an apply that was cut off, see `interruptedApply`: when it had begun. */
  startedAt: Type.Optional(Timestamp),
})
export type ApplySummary = Static<typeof ApplySummary>

/** `PUT /machines/self/status` with the machine token: what the machine chooses to tell, at most each 30 s unchanged. */
export const MachineStatus = Type.Object({
  state: MachineState,
  hostname: Type.String({ maxLength: 253 }),
  addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
  agentVersion: Type.String({ maxLength: 50 }),
  context: Type.Optional(ContextReference),
  lastApply: Type.Optional(ApplySummary),
  /** While applying. */
  progress: Type.Optional(Type.Object({ done: Type.Integer({ minimum: 0 }), total: Type.Integer({ minimum: 0 }) })),
})
export type MachineStatus = Static<typeof MachineStatus>

/** A machine as its owner sees it. */
export const Machine = Type.Object({
  id: MachineId,
  name: DisplayName,
  pairedAt: Timestamp,
  lastSeenAt: Timestamp,
  /** Derived: seen within 90 seconds. */
  isOnline: Type.Boolean(),
  status: MachineStatus,
})
export type Machine = Static<typeof Machine>

/** `PATCH /machines/{id}` (If-Match required). */
export const MachineChange = Type.Object({ name: DisplayName })
export type MachineChange = Static<typeof MachineChange>

/** How often a healthy machine reports when nothing changes. */
export const MACHINE_REPORT_INTERVAL_MS = 30_000
/** Without a report for so long a machine is shown as silent. */
export const MACHINE_SILENT_AFTER_MS = 90_000
