import type { Release } from '@muster/contexts/release/release.ts'
import { type JudgeFacts, judgeRelease } from '@muster/vm-agent/update/judge-release.ts'
import { EMPTY_LEDGER, type Ledger, type TrialRecord } from '@muster/vm-agent/update/ledger.ts'
import { next, type UpdateEvent, type UpdateState } from '@muster/vm-agent/update/next.ts'
import { lastFailed, noticeOf, recoverUpdates } from '@muster/vm-agent/update/recover.ts'
import { heldBecause, type UpdateSettings } from '@muster/vm-agent/update/update-settings.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const SHA = 'ab'.repeat(32)
const DAY = 24 * 3_600_000
const NOW = Date.UTC(2026, 5, 1)
const timeOf = (ms: number) => new Date(ms).toISOString()

const release = (change: Partial<Release> = {}, file: object = {}): Release => ({
  version: '1.2.0',
  commit: '0123abc',
  publishedAt: timeOf(NOW - DAY),
  channel: 'stable',
  files: [{ name: 'muster-agent', os: 'linux', arch: 'x64', bytes: 7, sha256: SHA, ...file }],
  ...change,
})
const facts = (change: Partial<JudgeFacts> = {}): JudgeFacts => ({
  running: '1.1.0+0123abc',
  runs: 'baked',
  platform: { os: 'linux', arch: 'x64' },
  seen: undefined,
  failed: [],
  now: NOW,
  ...change,
})
const failed = (reason: 'crashed' | 'unreached', at: number, tries: number) =>
  facts({ failed: [{ version: '1.2.0', sha256: SHA, reason, why: 'so', at: timeOf(at), tries }] })

describe('a release', () => {
  test.each<[string, Release, JudgeFacts, string]>([
    ['of a later version is newer', release(), facts(), 'newer'],
    ['of the version that runs is current', release({ version: '1.1.0+0123abc' }), facts(), 'current'],
    ['of the same version and another commit is newer', release({ version: '1.1.0+fff0000' }), facts(), 'newer'],
    ['that the launcher has started is current', release(), facts({ runs: `1.2.0-${SHA.slice(0, 12)}` }), 'current'],
    ['of an older version is refused', release({ version: '1.0.9' }), facts(), 'older than 1.1.0'],
    ['before one that was seen is refused', release(), seen('1.2.0', NOW), 'was seen before'],
    ['of a version below one that was seen is refused', release(), seen('1.3.0', NOW - 2 * DAY), '1.3.0 was seen'],
    ['for other machines is refused', release({}, { arch: 'arm64' }), facts(), 'no agent for linux x64'],
    ['of another program is refused', release({}, { name: 'muster' }), facts(), 'no agent for linux x64'],
    ['that is too large is refused', release({}, { bytes: 300 * 1024 * 1024 }), facts(), 'bytes'],
    ['from far ahead is refused', release({ publishedAt: timeOf(NOW + 8 * DAY) }), facts(), 'far ahead of the clock'],
    ['that has crashed is never tried again', release(), failed('crashed', NOW - 99 * DAY, 1), 'taken back: so'],
    ['that found nobody is not tried again at once', release(), failed('unreached', NOW - 1000, 1), 'taken back'],
    ['that found nobody is tried again a day later', release(), failed('unreached', NOW - DAY, 1), 'newer'],
    ['that found nobody three times is left alone', release(), failed('unreached', NOW - DAY, 3), 'taken back'],
  ])('%s', (_, offered, judged, expected) => {
    const found = judgeRelease(offered, judged)
    if (found.verdict === 'refused') expect(found.why).toContain(expected)
    else expect(found.verdict).toBe(expected)
  })
})

describe('a machine', () => {
  const settings = (change: Partial<UpdateSettings>): UpdateSettings => ({
    mode: 'on',
    channel: 'stable',
    freeze: 'no',
    url: undefined,
    trialMs: 1,
    ...change,
  })
  test('that is frozen until a day takes new versions from that day on', () => {
    const freeze = { until: NOW }
    expect(heldBecause(settings({ freeze }), NOW - 1)).toContain('frozen until 2026-06-01')
    expect(heldBecause(settings({ freeze }), NOW)).toBeUndefined()
    expect(heldBecause(settings({ freeze: 'yes' }), NOW)).toContain('update_freeze')
    expect(heldBecause(settings({ mode: 'check' }), NOW)).toContain('update = check')
  })
})

const TRIAL: TrialRecord = {
  version: '1.2.0',
  sha256: SHA,
  folder: `1.2.0-${SHA.slice(0, 12)}`,
  reached: { coordinator: true, mesh: false },
}

describe('what a starting agent finds', () => {
  const find = (runs: string, pointers: object, ledger: Partial<Ledger> = {}) =>
    recoverUpdates({
      runs,
      version: '1.1.0',
      pointers: { current: undefined, previous: undefined, trial: undefined, ...pointers },
      ledger: { ...EMPTY_LEDGER, ...ledger },
    })
  const onTrial = (startsLeft: number) => ({ trial: { folder: TRIAL.folder, startsLeft } })

  test('nothing: it goes on', () => expect(find('baked', {})).toMatchObject({ trial: undefined, notice: undefined }))

  test('itself on trial: it is measured by what the version before had reached', () => {
    expect(find(TRIAL.folder, onTrial(2), { trial: TRIAL }).trial).toEqual(TRIAL)
    // A ledger that is lost: what is running shows at least that it stays up.
    expect(find(TRIAL.folder, onTrial(2)).trial).toMatchObject({ folder: TRIAL.folder, reached: { mesh: false } })
  })

  test('another one on trial: that one has failed, and a start that was never made is no crash', () => {
    expect(find('baked', onTrial(0), { trial: TRIAL })).toMatchObject({
      failed: { trial: TRIAL, reason: 'crashed' },
      endTrial: true,
    })
    expect(find('baked', onTrial(3), { trial: TRIAL }).failed?.reason).toBe('unreached')
  })

  test('a trial without a name: it is cleared, and nothing is held against anybody', () => {
    const found = find('baked', { trial: { folder: '', startsLeft: 1 } })
    expect(found).toMatchObject({ endTrial: true, failed: undefined })
  })

  test('itself confirmed and still on trial: the trial is over', () => {
    const found = find(TRIAL.folder, { current: TRIAL.folder, ...onTrial(2) }, { trial: TRIAL })
    expect(found).toMatchObject({ endTrial: true, isRecordStale: true, trial: undefined, failed: undefined })
  })

  test.each([
    ['as long as it is newer than what runs', '1.1.0', 'crashed', 'Version 1.2.0 was tried and taken back, as so.'],
    ['no more when what runs is as new', '1.2.0', 'crashed', undefined],
    ['not when it was never started', '1.1.0', 'self-check', undefined],
  ] as const)('a version that was taken back is told of %s', (_, running, reason, told) => {
    const failed = [{ version: '1.2.0', sha256: 'ab', reason, why: 'so', at: timeOf(NOW), tries: 1 }]
    const last = lastFailed({ ...EMPTY_LEDGER, failed }, running)
    const notice = last === undefined ? undefined : noticeOf(last, running)
    expect(notice).toEqual(told === undefined ? undefined : expect.stringContaining(told))
  })

  test('a confirmed version that the launcher could not start: it is forgotten, and people are told', () => {
    const found = find('baked', { current: '9.9.9-000000000000' })
    expect(found).toMatchObject({ forgetCurrent: true, notice: expect.stringContaining('9.9.9') })
  })
})

describe('the machine of states', () => {
  const offer = { release: release(), file: release().files[0] ?? never(), folder: TRIAL.folder }
  const states: readonly UpdateState[] = [
    { phase: 'idle', last: undefined },
    { phase: 'checking' },
    { phase: 'fetching', offer },
    { phase: 'testing', offer },
    { phase: 'waiting', offer },
    { phase: 'beginning', offer },
    { phase: 'restarting', version: '1.2.0' },
    { phase: 'trial', trial: TRIAL },
    { phase: 'confirming', trial: TRIAL },
    { phase: 'taking-back', trial: TRIAL, why: 'so' },
  ]
  const events: readonly UpdateEvent[] = [
    { type: 'due' },
    { type: 'judged', verdict: { verdict: 'newer', ...offer }, folder: offer.folder, held: undefined },
    { type: 'judged', verdict: { verdict: 'newer', ...offer }, folder: offer.folder, held: 'frozen' },
    { type: 'fetched' },
    { type: 'works' },
    { type: 'broken', why: 'so' },
    { type: 'free' },
    { type: 'begun' },
    { type: 'confirmed' },
    { type: 'taken-back' },
    { type: 'failed', code: 'disk-full', message: 'full', hint: undefined },
    { type: 'healthy' },
    { type: 'late', missing: 'the coordinator' },
  ]

  test('begins a trial only of what was judged newer, fetched, tried out, and when the machine is free', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (story) => {
        let state: UpdateState = { phase: 'idle', last: undefined }
        const passed: string[] = []
        for (const event of story) {
          const step = next(state, event)
          if (step.state.phase !== state.phase) passed.push(step.state.phase)
          state = step.state
          if (!step.effects.some(({ type }) => type === 'begin')) continue
          expect(passed.slice(-5)).toEqual(['checking', 'fetching', 'testing', 'waiting', 'beginning'])
        }
      }),
      { seed: 7, numRuns: 2000 },
    )
  })

  test('never leaves a trial but by confirming it or taking it back, and waits for nothing that does not come', () => {
    for (const state of states) {
      for (const event of events) {
        const { state: entered, effects } = next(state, event)
        if (state.phase === 'trial') expect(['trial', 'confirming', 'taking-back']).toContain(entered.phase)
        // Whoever enters a state in which work is done has also been told to do it.
        const works = !['idle', 'trial'].includes(entered.phase)
        if (works && entered !== state) expect(effects.length, `${state.phase} ${event.type}`).toBe(1)
      }
    }
  })
})

function seen(version: string, publishedAt: number): JudgeFacts {
  return facts({ seen: { channel: 'stable', version, publishedAt: timeOf(publishedAt) } })
}

function never(): never {
  throw new Error('a release has a file')
}
