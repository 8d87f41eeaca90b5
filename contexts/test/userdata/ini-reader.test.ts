import { describe, expect, it } from 'vitest'
import { decodeContext } from '../../src/userdata/decode.ts'

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>

function sectionsOf(text: string): Sections {
  const { sections } = decodeContext(text).ini
  return Object.fromEntries(
    Array.from(sections, ([name, section]) => [
      name,
      Object.fromEntries(Array.from(section.options, ([key, option]) => [key, option.value])),
    ]),
  )
}

function codesOf(text: string): readonly string[] {
  return decodeContext(text).diagnostics.map((one) => `${one.span.start.line}:${one.code}`)
}

interface Row {
  readonly id: string
  readonly text: string
  readonly sections: Sections
  readonly problems: readonly string[]
}

const ROWS: readonly Row[] = [
  { id: 'P1', text: '[a]\nk: v\nj :w\n', sections: { a: { k: 'v', j: 'w' } }, problems: [] },
  {
    id: 'P2',
    text: '[a]\nusers=x:y:z\nurl: http://h:1/p=q\n',
    sections: { a: { users: 'x:y:z', url: 'http://h:1/p=q' } },
    problems: [],
  },
  { id: 'I3', text: '[a]\nk==v\nA B = c \n', sections: { a: { k: '=v', 'a b': 'c' } }, problems: [] },
  { id: 'P4', text: '[CernVM]\nk=v\n', sections: { cernvm: { k: 'v' } }, problems: [] },
  { id: 'P5', text: '[CernVM]\nk=v\n[cernvm]\nj=w\n', sections: { cernvm: { k: 'v', j: 'w' } }, problems: [] },
  { id: 'P7', text: '[a]\n  k=v\nj=w\n', sections: { a: { j: 'w' } }, problems: ['2:line-indented'] },
  {
    id: 'P8',
    text: '[a]\nk=v\n  more=x\n  rest\nj=w\n',
    sections: { a: { k: 'v', j: 'w' } },
    problems: ['3:line-indented', '4:line-indented'],
  },
  {
    id: 'P10',
    text: '[a]\n# k=v\n#k2=v\n;k3=v\n;k4: v\nrem k5=v\nREM k6=v\nremark=7\n',
    sections: { a: { remark: '7' } },
    problems: [],
  },
  {
    id: 'P11',
    text: '[a]\na=x ; c\nb=x;c\nc=x # c\nd=x\t;c\ne=a;b ;c\nf=a ;b ;c\n',
    sections: { a: { a: 'x', b: 'x;c', c: 'x # c', d: 'x', e: 'a;b ;c', f: 'a' } },
    problems: [],
  },
  { id: 'I7', text: '[a]\na=;x\nb=;x \n', sections: { a: { a: ';x', b: '' } }, problems: [] },
  {
    id: 'P13',
    text: '[a]\nk=50%\nj=%(x)s\nl=%%\n',
    sections: { a: { k: '50%', j: '%(x)s', l: '%%' } },
    problems: [],
  },
  {
    id: 'P14',
    text: '[a]\nk=\nj=""\nl=\'\'\nm="q"\n',
    sections: { a: { k: '', j: '', l: "''", m: '"q"' } },
    problems: [],
  },
  {
    id: 'P16',
    text: '  [a]\nk=v\n[b]\nj=w\n',
    sections: { b: { j: 'w' } },
    problems: ['1:line-indented', '2:line-ignored'],
  },
  {
    id: 'P17',
    text: '[a] trailing\nk=v\n[b];c\nj=1\n[c]x=1\ny=2\n',
    sections: { a: { k: 'v' }, b: { j: '1' }, c: { y: '2' } },
    problems: ['5:text-after-header'],
  },
  { id: 'P19', text: '[ a ]\nk=v\n', sections: { ' a ': { k: 'v' } }, problems: ['1:section-name-spaces'] },
  { id: 'P20', text: '[DEFAULT]\nk=v\n[a]\nj=w\n', sections: { a: { j: 'w' } }, problems: ['1:default-section'] },
  {
    id: 'P22',
    text: '[]\nk=v\n[a]\nj=1\n',
    sections: { a: { j: '1' } },
    problems: ['1:line-ignored', '2:line-ignored'],
  },
  {
    id: 'P23',
    text: '[a]\nmy key = v\n=novalue\n:x\n',
    sections: { a: { 'my key': 'v' } },
    problems: ['3:line-ignored', '4:line-ignored'],
  },
  { id: 'P25', text: '[a]b]\nk=1\n', sections: { a: { k: '1' } }, problems: [] },
  { id: 'P26', text: '[a]\nk\t=\tv\t\n\tj=1\n', sections: { a: { k: 'v' } }, problems: ['3:line-indented'] },
  { id: 'P28', text: '[a]\nk=é\n', sections: { a: { k: 'é' } }, problems: [] },
  { id: 'P29 empty', text: '', sections: {}, problems: [] },
  { id: 'P29 no section', text: 'a=b\n', sections: {}, problems: ['1:line-ignored'] },
  {
    id: 'P31',
    text: '#!/bin/sh\n[ -f /x ] && A=1\nexit\n[amiconfig]\nplugins=cernvm\n',
    sections: { amiconfig: { plugins: 'cernvm' } },
    problems: [],
  },
  {
    id: 'P32',
    text: '#!/bin/sh\ncat <<E\n[cernvm]\nusers=a:b:c\nE\nexit\n[cernvm]\nshell=/bin/tcsh\n',
    sections: { cernvm: { shell: '/bin/tcsh' } },
    problems: [],
  },
  { id: 'I1', text: '[a]\r\nk=v\r\n', sections: { a: { k: 'v' } }, problems: [] },
  {
    id: 'I11',
    text: '[a]\nk=1\n[b]\n[A]\nK=2\n',
    sections: { a: { k: '2' }, b: {} },
    problems: ['5:option-repeated'],
  },
  { id: 'I9', text: '[a]\nlonely\n', sections: { a: {} }, problems: ['2:line-ignored'] },
  {
    id: 'I16',
    text: '[a]\nk=v\n[ucernvm-begin]\n[ucernvm-end]\nleak=1\n',
    sections: { a: { k: 'v' } },
    problems: ['5:line-ignored'],
  },
  {
    id: 'D8, extra user data appended',
    text: '[cernvm]\nedition=Basic\n[cernvm]\nedition=Desktop\n',
    sections: { cernvm: { edition: 'Desktop' } },
    problems: ['4:option-repeated'],
  },
]

describe('the INI dialect', () => {
  for (const { id, text, sections, problems } of ROWS) {
    it(`reads ${id} ${JSON.stringify(text)} as the old agent did, or better where the specification says so`, () => {
      expect(sectionsOf(text)).toEqual(sections)
      expect(codesOf(text)).toEqual(problems)
    })
  }

  it('gives each option the place of its key and of its value', () => {
    const text = '[a]\nkey =  some value ; comment\nempty =\n'
    const options = decodeContext(text).ini.sections.get('a')?.options
    const option = options?.get('key')
    expect(text.slice(option?.keySpan.start.offset, option?.keySpan.end.offset)).toBe('key')
    expect(text.slice(option?.valueSpan.start.offset, option?.valueSpan.end.offset)).toBe('some value')
    expect(option?.valueSpan.start).toMatchObject({ line: 2, column: 8 })
    expect(options?.get('empty')?.valueSpan.start).toEqual(options?.get('empty')?.valueSpan.end)
  })

  it('does not repeat a password that stands outside any section', () => {
    const text = 'users=alice:alice:hunter2\nusres=alice:alice:hunter2\n'
    expect(JSON.stringify(decodeContext(text).diagnostics)).not.toContain('hunter2')
  })

  it('lists a bounded number of problems and counts the others', () => {
    const { diagnostics } = decodeContext('[a]\n  x\n'.repeat(5000))
    expect(diagnostics).toHaveLength(501)
    expect(diagnostics.at(-1)).toMatchObject({
      code: 'too-many-problems',
      message: '4500 more problems are not listed',
    })
  })
})
