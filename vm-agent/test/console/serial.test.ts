import { Secret } from '@muster/contexts/secret.ts'
import { renderSerial } from '@muster/vm-agent/console/serial.ts'
import type { ConsoleView } from '@muster/vm-agent/console/view.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodies, outage, PIN, pairedBody, pinBody, viewOf } from './views.ts'

function said(...views: readonly ConsoleView[]): string {
  return views.flatMap((view, index) => renderSerial(views[index - 1], view)).join('\n')
}

test('a PIN is said once, with where to type it and until when', () => {
  const text = said(
    viewOf(pinBody),
    viewOf({ ...pinBody, expiresInMs: 60_000 }),
    viewOf({ ...pinBody, claimant: 'al' }),
  )
  expect(text.match(new RegExp(PIN, 'g'))).toHaveLength(1)
  expect(text).toContain('at   muster.example.org/pair')
  expect(text).toContain('until 22 Nov 2026 15:17 UTC')
  expect(text).toContain('al is using the PIN now.')
})

test('a new PIN is a new block', () => {
  const text = said(viewOf(pinBody), viewOf({ ...pinBody, pin: new Secret('BBBB-CCCC') }))
  expect(text.indexOf('BBBB-CCCC')).toBeGreaterThan(text.indexOf(PIN))
})

test('a countdown, another try or a claim that was given up says nothing', () => {
  expect(renderSerial(viewOf(pinBody), viewOf({ ...pinBody, expiresInMs: 1 }))).toEqual([])
  expect(renderSerial(viewOf({ ...pinBody, claimant: 'al' }), viewOf(pinBody))).toEqual([])
  const offline = { kind: 'offline', ...outage } as const
  expect(renderSerial(viewOf(offline), viewOf({ ...offline, retryInMs: undefined }))).toEqual([])
})

test('an outage and its end are said once each', () => {
  const away = viewOf({ ...pinBody, outage })
  const text = said(viewOf(pinBody), away, { ...away }, viewOf(pinBody), viewOf(pinBody))
  expect(text.match(/is away just now/g)).toHaveLength(1)
  expect(text.match(/is there again/g)).toHaveLength(1)
})

test('another cause of an outage is news', () => {
  const refused = { trouble: { cause: 'refused', detail: 'Nothing listens.' }, retryInMs: 1 } as const
  const text = said(viewOf({ kind: 'offline', ...outage }), viewOf({ kind: 'offline', ...refused }))
  expect(text).toContain('Nothing listens.')
})

test('an apply is said at its start and at its end', () => {
  const applying = { step: 'applying', context: 'atlas, version 3', done: 0, total: 14 } as const
  const before = { ...pairedBody, lastApply: undefined }
  const text = said(
    viewOf(before),
    viewOf({ ...before, activity: applying }),
    viewOf({ ...before, activity: { ...applying, done: 7 } }),
    viewOf(pairedBody),
  )
  expect(text.match(/Now: applying/g)).toHaveLength(1)
  expect(text.match(/Last apply: applied/g)).toHaveLength(1)
})

test('a notice is said once', () => {
  const noticed = viewOf(pairedBody, { notices: ['An apply was taken back.'] })
  expect(said(noticed, noticed).match(/taken back/g)).toHaveLength(1)
})

test('every change is ASCII within 80 columns', () => {
  const body = fc.constantFrom(...bodies)
  fc.assert(
    fc.property(body, body, (before, after) => {
      for (const line of renderSerial(viewOf(before), viewOf(after, { notices: ['é\u001b[2J'] }))) {
        expect(line).toMatch(/^[\x20-\x7e]{0,79}$/)
      }
    }),
    { numRuns: 300, seed: 2 },
  )
})

test('of the cluster its state is said, and not each member that comes and goes', () => {
  const member = {
    phase: 'member',
    cluster: 'c',
    name: 'lab',
    service: 'worker',
    cloud: 'a',
    slot: 3,
    members: 7,
  } as const
  const text = said(
    viewOf({ kind: 'member' }),
    viewOf({ kind: 'member' }, { cluster: { phase: 'starting', cluster: 'c' } }),
    viewOf({ kind: 'member' }, { cluster: { phase: 'joining', cluster: 'c', trouble: 'nobody answers' } }),
    viewOf({ kind: 'member' }, { cluster: member, waitingFor: ['service head'] }),
    viewOf({ kind: 'member' }, { cluster: { ...member, members: 8 }, waitingFor: ['service head'] }),
  )
  expect(text.match(/^Cluster: .*$/gm)).toEqual([
    'Cluster: c (joining: nobody answers)',
    'Cluster: lab (worker 3 in a, 7 members)',
  ])
  expect(text.match(/waits for service head/g)).toHaveLength(1)
})

test('of user-data its begin and its end are said, and not each step', () => {
  const applying = { phase: 'applying', done: 0, total: 0 } as const
  const view = viewOf({ kind: 'starting' })
  const text = said(
    view,
    { ...view, userData: applying },
    { ...view, userData: { ...applying, done: 3, total: 14 } },
    { ...view, userData: { phase: 'failed', message: 'line 4: no name', hint: 'Write one.', isTriedAgain: false } },
  )
  expect(text.match(/^User-data: .*$/gm)).toEqual([
    'User-data: being applied',
    'User-data: NOT APPLIED: line 4: no name. Write one. It is not tried again.',
  ])
})

test('a machine that its cluster refuses is told what to do', () => {
  const cluster = { phase: 'refused', cluster: 'clu_1', cause: 'token-used' } as const
  const text = said(viewOf({ kind: 'member' }), viewOf({ kind: 'member' }, { cluster }))
  expect(text).toContain('Cluster: clu_1 (REFUSED: token-used)\nAnother machine has used this join token')
})

test('a certificate that is not valid yet shows what time the machine believes it is, and what comes by itself', () => {
  const trouble = { cause: 'clock', detail: 'The certificate is not valid now.' } as const
  const text = said(viewOf({ kind: 'offline', trouble, retryInMs: 1 }))
  expect(text).toContain('This machine believes that it is 22 Nov 2026 15:04 UTC.')
  expect(text).toContain('The PIN comes by itself when it works.')
})
