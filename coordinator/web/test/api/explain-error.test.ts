import { ApiError } from '@muster/contexts/api/api-error.ts'
import { ContextError, PairingError } from '@muster/contexts/fault.ts'
import { describe, expect, test } from 'vitest'
import { explainError, pauseSeconds } from '../../src/api/explain-error.ts'

describe('an error in words', () => {
  test('has the coordinator’s detail and hint', () => {
    const error = new ApiError('login-taken', 'Another account signs in with this name.', {
      status: 409,
      hint: 'Choose another name.',
    })
    expect(explainError(error)).toEqual({
      title: 'This name is taken',
      detail: 'Another account signs in with this name.',
      hint: 'Choose another name.',
      items: [],
    })
  })

  test('lists the fields that are wrong', () => {
    const errors = [
      { pointer: '/password', detail: 'too short' },
      { pointer: '', detail: 'not an object' },
    ]
    const error = new ApiError('invalid-request', 'Not valid.', { status: 400, errors })
    expect(explainError(error).items).toEqual(['password: too short', 'not an object'])
  })

  test('speaks of the connection, not of addresses, when there is no answer', () => {
    const error = new ApiError('unreachable', 'The coordinator at http://127.0.0.1:1 cannot be reached', {
      kind: 'network',
    })
    const { title, detail } = explainError(error)
    expect(title).toBe('The coordinator cannot be reached')
    expect(detail).not.toContain('127.0.0.1')
  })

  test.each([
    [new PairingError('pin-wrong', 'The PIN differs'), 'Wrong PIN'],
    [new ContextError('wrong-passphrase', 'It does not open'), 'Wrong passphrase'],
    [new ApiError('pin-unknown', 'No machine waits', { status: 404 }), 'No machine shows this PIN'],
    [new ApiError('something-new', 'A later version says so', { status: 409 }), 'That did not work'],
  ])('names %o as %j', (error, title) => {
    expect(explainError(error).title).toBe(title)
  })

  test('never shows what a bug says', () => {
    const { detail, hint } = explainError(new TypeError('x is undefined at secret.ts:3'))
    expect(detail).not.toContain('secret.ts')
    expect(hint).toContain('Load the page again')
  })

  test('copes with anything thrown', () => {
    for (const thrown of [undefined, null, 'text', 7]) expect(explainError(thrown).detail).not.toBe('')
  })
})

describe('a pause', () => {
  test('is what the coordinator asks for, in whole seconds', () => {
    expect(pauseSeconds(new ApiError('slow-down', 'Too many tries', { status: 429, retryAfterMs: 4200 }))).toBe(5)
  })

  test('is none for other errors', () => {
    expect(pauseSeconds(new ApiError('pin-unknown', 'No', { status: 404 }))).toBe(0)
    expect(pauseSeconds(undefined)).toBe(0)
  })
})
