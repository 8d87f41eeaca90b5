import { Secret } from '@muster/contexts/secret.ts'
import type { ConsoleBody, ConsoleView } from '@muster/vm-agent/console/view.ts'

export const PIN = 'WDJB-MJHT'

export const outage = {
  trouble: { cause: 'dns', detail: 'The name of the coordinator is not known.' },
  retryInMs: 12_000,
} as const

export const pinBody: Extract<ConsoleBody, { kind: 'pin' }> = {
  kind: 'pin',
  pin: new Secret(PIN),
  verificationUrl: 'muster.example.org/pair',
  expiresInMs: 13.5 * 60_000,
  claimant: undefined,
  wrongTries: 0,
  outage: undefined,
}

export const pairedBody: Extract<ConsoleBody, { kind: 'paired' }> = {
  kind: 'paired',
  owner: 'alice',
  context: { name: 'atlas', version: 3, digest: 'a'.repeat(64) },
  lastApply: {
    finishedAt: '2026-11-22T15:04:05Z',
    outcome: 'applied',
    changes: 14,
    warnings: 1,
    notDone: 2,
    durationMs: 420,
  },
  activity: { step: 'idle' },
  outage: undefined,
}

export const bodies: readonly ConsoleBody[] = [
  { kind: 'starting' },
  { kind: 'offline', ...outage },
  { kind: 'pausing', resumeInMs: 5_000 },
  pinBody,
  { ...pinBody, outage },
  { ...pinBody, claimant: 'alice', wrongTries: 2 },
  { kind: 'completing', login: 'alice', outage },
  pairedBody,
  { ...pairedBody, activity: { step: 'applying', context: 'atlas, version 3', done: 3, total: 14 }, outage },
  { kind: 'forgotten', owner: 'alice' },
  { kind: 'member' },
  { kind: 'alone' },
  { kind: 'stopped', reason: 'it was asked to.' },
]

export function viewOf(body: ConsoleBody, change: Partial<ConsoleView> = {}): ConsoleView {
  return {
    body,
    facts: {
      hostname: 'vm-17.example.org',
      os: 'Debian GNU/Linux 12 (bookworm)',
      architecture: 'x86_64',
      cpus: 2,
      memoryMiB: 3900,
      addresses: ['192.0.2.10', '2001:db8::10'],
      mac: '02:fc:00:00:00:01',
      machineUuid: '0c4f1b1e-94a1-4b52-9c2b-57a5b1b0f5aa',
      image: 'cernvm-mini 2026.11',
      agentVersion: '0.1.0',
      bootedAt: '2026-11-22T15:00:00Z',
    },
    coordinatorUrl: 'https://muster.example.org',
    now: Date.UTC(2026, 10, 22, 15, 4),
    clockSkewMs: undefined,
    notices: [],
    cluster: undefined,
    waitingFor: [],
    userData: undefined,
    ...change,
  }
}
