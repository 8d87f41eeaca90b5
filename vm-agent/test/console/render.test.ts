import { PIN_ALPHABET } from '@muster/contexts/pairing/pin.ts'
import { drawLarge, LETTER_ROWS, SPOKEN } from '@muster/vm-agent/console/letters.ts'
import { renderConsole } from '@muster/vm-agent/console/render.ts'
import { statusLine } from '@muster/vm-agent/service/status-line.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodies, outage, PIN, pairedBody, pinBody, viewOf } from './views.ts'

const screen = { columns: 80, rows: 24, isUnicode: true }
const ascii = { ...screen, isUnicode: false }

function drawn(...args: Parameters<typeof renderConsole>): string {
  return renderConsole(...args).join('\n')
}

describe('the letters', () => {
  test('of PINs are all drawn, each in its own way, in equal boxes', () => {
    const drawings = [...PIN_ALPHABET].map((letter) => drawLarge(letter, '#'))
    expect(new Set(drawings.map((lines) => lines.join('\n'))).size).toBe(20)
    for (const lines of drawings) {
      expect(lines).toHaveLength(LETTER_ROWS)
      expect(new Set(lines.map((line) => line.length))).toEqual(new Set([7]))
    }
  })

  test('are all spoken, each by its own word that begins with it', () => {
    for (const letter of PIN_ALPHABET) expect(SPOKEN[letter]?.[0]).toBe(letter)
    expect(Object.keys(SPOKEN)).toHaveLength(PIN_ALPHABET.length)
  })
})

describe('the PIN screen at 80 by 24', () => {
  test('has large letters, the plain line, the address on its own line, the time left and a QR code', () => {
    const lines = renderConsole(viewOf(pinBody), screen)
    expect(lines.filter((line) => line.includes('████'))).not.toHaveLength(0)
    expect(lines).toContainEqual(`  PIN  ${PIN}`)
    expect(lines.some((line) => /^ {4}muster\.example\.org\/pair +\S/.test(line))).toBe(true)
    expect(drawn(viewOf(pinBody), screen)).toContain('A new PIN comes in 14 minutes.')
    expect(lines).toHaveLength(24)
  })

  test('names the machine and the state of the coordinator', () => {
    for (const size of [screen, ascii]) {
      const text = drawn(viewOf(pinBody), size)
      for (const fact of ['vm-17.example.org', '192.0.2.10', '02:fc:00:00:00:01', '0c4f1b1e', 'reachable']) {
        expect(text).toContain(fact)
      }
    }
  })

  test('is ASCII alone, without a QR code that does not fit, where nothing else can be shown', () => {
    const text = drawn(viewOf(pinBody), ascii)
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
    expect(text).toContain('##   ##')
  })

  test('counts minutes, and seconds in the last one', () => {
    const at = (expiresInMs: number) => drawn(viewOf({ ...pinBody, expiresInMs }), ascii)
    expect(at(15 * 60_000)).toContain('in 15 minutes.')
    expect(at(61_000)).toContain('in 2 minutes.')
    expect(at(60_000)).toContain('in 60 seconds.')
    expect(at(900)).toContain('in 1 second.')
    expect(at(0)).toContain('in 0 seconds.')
  })

  test('spells the PIN in words on demand', () => {
    const text = drawn(viewOf(pinBody), ascii, { isSpelled: true, hasKeys: true })
    for (const word of ['Whiskey', 'Delta', 'Juliett', 'Bravo', 'Mike', 'Hotel', 'Tango']) expect(text).toContain(word)
    expect(text).toContain(`PIN  ${PIN}`)
  })

  test('says who uses the PIN, and that a wrong one was tried', () => {
    expect(drawn(viewOf({ ...pinBody, claimant: 'alice' }), ascii)).toContain('alice is using this PIN now.')
    expect(drawn(viewOf({ ...pinBody, wrongTries: 2 }), ascii)).toContain('A wrong PIN was tried (2 of 3).')
  })

  test('names a cause and what to do while the coordinator is away, and a wrong clock', () => {
    const text = drawn(viewOf({ ...pinBody, outage }, { clockSkewMs: 3 * 3_600_000 }), { ...ascii, rows: 40 })
    expect(text).toContain('The name of the coordinator is not known.')
    expect(text).toContain('/etc/resolv.conf')
    expect(text).toContain('Next try in 12 seconds.')
    expect(text).toContain('3 hours behind')
  })
})

test('a large ASCII screen has a QR code of two columns a module', () => {
  const text = drawn(viewOf(pinBody), { columns: 160, rows: 60, isUnicode: false })
  expect(text).toMatch(/(##){20,}/)
})

test('the paired screen tells owner, context, last apply and how to change the owner, and no PIN', () => {
  const text = drawn(viewOf(pairedBody), screen)
  expect(text).toContain('This machine belongs to alice.')
  expect(text).toContain('atlas, version 3')
  expect(text).toContain('applied: 14 changes, 1 warning, 2 not done, 0.4 s')
  expect(text).toContain('muster-agent pair --yes')
})

test('each view fits any screen, without a control character, and says its status without the PIN', () => {
  const size = fc.record({
    columns: fc.integer({ min: 20, max: 200 }),
    rows: fc.integer({ min: 3, max: 80 }),
    isUnicode: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.constantFrom(...bodies), size, fc.boolean(), (body, chosen, isSpelled) => {
      const lines = renderConsole(viewOf(body), chosen, { isSpelled, hasKeys: true })
      expect(lines.length).toBeLessThanOrEqual(chosen.rows)
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(chosen.columns)
        expect(line).not.toMatch(/\p{Cc}/u)
      }
      if (body.kind === 'pin' && chosen.columns >= 30) expect(lines.join('\n')).toContain(PIN)
      else if (body.kind !== 'pin') expect(lines.join('\n')).not.toContain(PIN)
      expect(statusLine(viewOf(body))).not.toContain(PIN)
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('names from the network cannot steer the terminal', () => {
  const login = 'eve\u001b[2J\u0007\u202e'
  const view = viewOf({ ...pairedBody, owner: login })
  for (const isUnicode of [true, false]) {
    const lines = renderConsole({ ...view, facts: { ...view.facts, hostname: login } }, { ...screen, isUnicode })
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
  }
})

test('the cluster and what the context waits for stand beside the coordinator, or alone without one', () => {
  const cluster = { phase: 'refused', cluster: 'clu_1', cause: 'token-used' } as const
  const paired = drawn(viewOf(pairedBody, { cluster, waitingFor: ['service head'] }), screen)
  expect(paired).toMatch(/Coordinator +https:.*\n +Cluster +clu_1 \(REFUSED: token-used\)\n +Another machine has used/)
  expect(paired).toMatch(/Waiting for +service head/)
  const alone = drawn(viewOf({ kind: 'member' }, { cluster, coordinatorUrl: undefined }), screen)
  expect(alone).toContain('This machine works in a cluster.')
  expect(alone).not.toContain('Coordinator')
})

test('a screen shows how far the user-data of the machine is applied, also without a coordinator', () => {
  const userData = { phase: 'applying', done: 3, total: 14 } as const
  const text = drawn(viewOf({ kind: 'alone' }, { userData, coordinatorUrl: undefined }), screen)
  expect(text).toContain('This machine has no coordinator, and nobody can pair it.')
  expect(text).toMatch(/User-data +being applied, 3 of 14/)
})
