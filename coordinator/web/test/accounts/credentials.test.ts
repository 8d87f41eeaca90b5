import { describe, expect, test } from 'vitest'
import { loginProblem, passwordProblem } from '../../src/accounts/credentials.ts'
import { nextPage } from '../../src/accounts/next-page.ts'

describe('a new account', () => {
  test.each(['ab', 'alice', 'a.b-c_9', 'a'.repeat(40)])('may be named %j', (login) => {
    expect(loginProblem(login)).toBeUndefined()
  })

  test.each(['', 'a', '9lives', 'Alice', 'a b', 'ö-user', 'a'.repeat(41)])('may not be named %j', (login) => {
    expect(loginProblem(login)).toBeTypeOf('string')
  })

  test('has a password of 10 to 200 characters', () => {
    expect(passwordProblem('x'.repeat(9))).toBeTypeOf('string')
    expect(passwordProblem('x'.repeat(10))).toBeUndefined()
    expect(passwordProblem('x'.repeat(201))).toBeTypeOf('string')
  })
})

describe('the page after signing in', () => {
  test.each(['/pair', '/contexts/ctx_1?version=2', '/'])('is the wished one: %s', (next) => {
    expect(nextPage(next)).toBe(next)
  })

  test.each([undefined, '', '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', 7])(
    'is never another site: %s',
    (next) => {
      expect(nextPage(next)).toBe('/')
    },
  )
})
