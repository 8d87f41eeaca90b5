import { describe, expect, test } from 'vitest'
import { foreignLetters, formatPinInput, isWholePin, pinFromAddress } from '../../src/pairing/pin-input.ts'

describe('the PIN field', () => {
  test.each([
    ['', ''],
    ['b', 'B'],
    ['bcdf', 'BCDF'],
    ['bcdfg', 'BCDF-G'],
    ['bcdf-ghjk', 'BCDF-GHJK'],
    ['  wdjb mjht \n', 'WDJB-MJHT'],
    ['WDJB–MJHT', 'WDJB-MJHT'],
    ['“wdjbmjht”', 'WDJB-MJHT'],
    ['wdjbmjhtzzzz', 'WDJB-MJHT'],
    ['a0e1i', ''],
  ])('shows %j as %j', (typed, shown) => {
    expect(formatPinInput(typed)).toBe(shown)
  })

  test('shows again what it shows, so that the dash can be deleted and comes back', () => {
    expect(formatPinInput(formatPinInput('wdjbm'))).toBe('WDJB-M')
    expect(formatPinInput('WDJB-')).toBe('WDJB')
  })

  test('is whole with eight letters only', () => {
    expect(isWholePin('WDJB-MJH')).toBe(false)
    expect(isWholePin('WDJB-MJHT')).toBe(true)
  })

  test('tells letters and digits that no PIN has, each once', () => {
    expect(foreignLetters('wd0b-ejeo')).toEqual(['0', 'E', 'O'])
    expect(foreignLetters('wdjb-mjht')).toEqual([])
  })

  test('looks at the beginning only of something long that was pasted', () => {
    expect(foreignLetters('e'.repeat(100_000))).toEqual(['E'])
    expect(formatPinInput(`${'e'.repeat(100_000)}wdjbmjht`)).toBe('')
  })
})

describe('a link to the page', () => {
  test.each([
    ['', '', ''],
    ['', '#wdjb-mjht', 'WDJB-MJHT'],
    ['', '#code=WDJBMJHT', 'WDJB-MJHT'],
    ['?code=wdjb-mjht', '', 'WDJB-MJHT'],
    ['?context=ctx_1', '', ''],
    ['', '#unrelated=BCDFGHJK', ''],
  ])('with search %j and fragment %j fills in %j', (search, hash, pin) => {
    expect(pinFromAddress(search, hash)).toBe(pin)
  })
})
