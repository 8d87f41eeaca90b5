import { describe, expect, test } from 'vitest'
import { createLog } from '../src/log.ts'
import { SECRET_FIELDS } from '../src/log-secrets.ts'

function capture(format: 'json' | 'human') {
  const lines: string[] = []
  const log = createLog({ level: 'debug', format, destination: { write: (line) => void lines.push(line) } })
  return { lines, log }
}

describe('log', () => {
  test('writes one JSON object a line with level, time, message and fields', () => {
    const { lines, log } = capture('json')
    log.child({ part: 'pairing' }).info({ attempt: 2 }, 'PIN shown')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', part: 'pairing', attempt: 2, msg: 'PIN shown' })
  })

  test.each(SECRET_FIELDS)('masks %s at every depth', (field) => {
    const { lines, log } = capture('json')
    log.warn({ [field]: 'hunter2', a: { [field]: 'hunter2', b: { [field]: 'hunter2' } } }, 'masked')
    expect(lines.join('')).not.toContain('hunter2')
    expect(lines.join('').match(/••••••/g)).toHaveLength(3)
  })

  test('masks secrets in lists, in fields of a child, and in what errors carry', () => {
    const { lines, log } = capture('json')
    const error = Object.assign(new Error('no'), { token: 'hunter2', details: { pin: 'hunter2' } })
    log.child({ secret: 'hunter2' }).warn({ list: [{ password: 'hunter2' }], error, reason: error }, 'masked')
    expect(lines.join('')).not.toContain('hunter2')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ secret: '••••••', error: { message: 'no', token: '••••••' } })
  })

  test('takes words in place of errors', () => {
    const { lines, log } = capture('json')
    log.warn({ error: 'not a member yet', cause: 'try-later' }, 'refused')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ error: 'not a member yet', cause: 'try-later' })
  })

  test('leaves what it is given as it is', () => {
    const fields = { a: { token: 'kept' }, plain: 1 }
    capture('json').log.info(fields, 'masked')
    expect(fields).toEqual({ a: { token: 'kept' }, plain: 1 })
  })

  test('the human form is one readable line', () => {
    const { lines, log } = capture('human')
    log.error({ path: '/etc/passwd', cause: new Error('disk full'), count: 3 }, 'cannot write')
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d ERROR cannot write path=\/etc\/passwd cause="disk full" count=3\n$/)
  })

  test('says nothing below its level', () => {
    const lines: string[] = []
    const log = createLog({ level: 'warn', format: 'json', destination: { write: (line) => void lines.push(line) } })
    log.info({}, 'hidden')
    expect(lines).toEqual([])
  })
})
