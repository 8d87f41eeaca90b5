import type { Log } from '@muster/runtime/log.ts'
import { describe, expect, it } from 'vitest'
import { causeOf, createRefusalCounter, REFUSAL_CAUSES, refusal } from '../../src/admission/refusals.ts'
import { MeshError } from '../../src/fault.ts'

describe('Refusals', () => {
  it('are counted by cause and logged once per cause', () => {
    const lines: unknown[] = []
    const log: Log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (fields) => lines.push(fields),
      error: () => undefined,
      child: () => log,
    }
    const counter = createRefusalCounter(log)
    for (let round = 0; round < 1000; round++) counter.count('token-used', { peer: `peer ${round}` })
    counter.count('record-forged')
    expect(lines).toEqual([{ peer: 'peer 0', cause: 'token-used' }, { cause: 'record-forged' }])
    expect(counter.totals()).toEqual(
      new Map([
        ['token-used', 1000],
        ['record-forged', 1],
      ]),
    )
  })

  it('carry their cause through an error, and any error of the mesh has one', () => {
    for (const cause of REFUSAL_CAUSES) expect(causeOf(refusal(cause, 'text'))).toBe(cause)
    expect(causeOf(new MeshError('too-large', 'text'))).toBe('too-large')
    expect(causeOf(new MeshError('unreachable', 'text'))).toBe('malformed')
  })
})
