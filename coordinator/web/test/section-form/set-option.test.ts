import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EXAMPLES } from '../../src/contexts/examples.ts'
import { setOption } from '../../src/section-form/set-option.ts'

const TEXT = '# mine\n[cernvm]\nshell=/bin/bash\n; kept\nedition=Desktop\n\n[other]\na=1\n'

describe('a field of the form', () => {
  test('changes the value and nothing else', () => {
    expect(setOption(TEXT, { section: 'cernvm', key: 'shell', value: '/bin/zsh' })).toBe(
      TEXT.replace('/bin/bash', '/bin/zsh'),
    )
  })

  test('takes the whole line out', () => {
    expect(setOption(TEXT, { section: 'cernvm', key: 'shell', value: undefined })).toBe(
      TEXT.replace('shell=/bin/bash\n', ''),
    )
  })

  test('puts a new key below the last one of its section', () => {
    expect(setOption(TEXT, { section: 'cernvm', key: 'keyboard', value: 'us' })).toBe(
      TEXT.replace('edition=Desktop\n', 'edition=Desktop\nkeyboard=us\n'),
    )
  })

  test('puts a new section at the end', () => {
    expect(setOption('[a]\nb=1', { section: 'cernvm', key: 'keyboard', value: 'us' })).toBe(
      '[a]\nb=1\n\n[cernvm]\nkeyboard=us\n',
    )
    expect(setOption('', { section: 'cernvm', key: 'keyboard', value: 'us' })).toBe('[cernvm]\nkeyboard=us\n')
  })

  test('cannot begin another key or section by a pasted line end', () => {
    const text = setOption(TEXT, { section: 'cernvm', key: 'shell', value: 'x\n[evil]\ny=1' })
    expect(decodeContext(text).ini.sections.has('evil')).toBe(false)
  })

  test('leaves a text without the key as it is when the key is to be taken out', () => {
    expect(setOption(TEXT, { section: 'cernvm', key: 'keyboard', value: undefined })).toBe(TEXT)
  })

  test('keeps all other settings of every example, whatever is set', () => {
    const value = fc.stringMatching(/^[a-zA-Z0-9/._-]{1,30}$/)
    fc.assert(
      fc.property(fc.constantFrom(...EXAMPLES), value, (example, wished) => {
        const changed = setOption(example.text, { section: 'cernvm', key: 'edition', value: wished })
        expect(decodeContext(changed).ini.sections.get('cernvm')?.options.get('edition')?.value).toBe(wished)
        expect(setOption(changed, { section: 'cernvm', key: 'edition', value: undefined })).toBe(example.text)
      }),
      { seed: 7, numRuns: 100 },
    )
  })
})
