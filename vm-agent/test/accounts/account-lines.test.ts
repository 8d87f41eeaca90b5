import { describe, expect, test } from 'vitest'
import { entriesOf, entryOf, numbersIn, withEntry } from '../../src/accounts/account-lines.ts'

const TEXT = '# note\nroot:x:0:0::/root:/bin/sh\n\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n+@staff::::::\n'

describe('the text of an account file', () => {
  test('gives its entries without comments and NIS lines', () => {
    expect(entriesOf(TEXT).map(([name]) => name)).toEqual(['root', 'ann'])
    expect(entryOf(TEXT, 'ann')?.[4]).toBe('Ann')
    expect(entryOf(TEXT, 'an')).toBeUndefined()
    expect([...numbersIn(TEXT, 2)]).toEqual([0, 1000])
  })

  test('has an entry replaced in its place, all else as it was', () => {
    const changed = withEntry(TEXT, ['root', 'x', '0', '0', '', '/root', '/bin/bash'])
    expect(changed).toBe(TEXT.replace('/bin/sh', '/bin/bash'))
  })

  test('gets a new entry before NIS lines, or at its end', () => {
    expect(withEntry(TEXT, ['bea', 'x'])).toBe(TEXT.replace('+@', 'bea:x\n+@'))
    expect(withEntry('root:x', ['bea', 'x'])).toBe('root:x\nbea:x\n')
    expect(withEntry('', ['bea', 'x'])).toBe('bea:x\n')
  })
})
