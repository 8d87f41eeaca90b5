import { describe, expect, it } from 'vitest'
import { decodeContext } from '../../src/userdata/decode.ts'

const PILOT =
  'ZXhlY3V0YWJsZSA9IHgKYXJncyA9IC12IHN0ZCAtcGFyYW1fQ0VSTlZNX0NNU19QUk9YWSBodHRwLmNvbG9uLC8vc3F1aWQuZG90LGNlcm4uZG90LGNoLmNvbG9uLDMxMjguc2VtaWNvbG9uLERJUkVDVCAtcGFyYW1fT1RIRVIgeQo=#### -cluster 12 -subcluster 34####'

describe('the text of a glideinWMS pilot', () => {
  it('gives its proxies and nothing else (G1)', () => {
    const { bootBlock, ini, diagnostics } = decodeContext(PILOT)
    expect(Object.fromEntries(bootBlock.settings)).toEqual({ CVMFS_HTTP_PROXY: 'http://squid.cern.ch:3128;DIRECT' })
    expect(ini.sections.size).toBe(0)
    expect(diagnostics).toMatchObject([{ code: 'glidein-pilot', severity: 'info' }])
  })

  const rows: readonly (readonly [id: string, text: string, isPilot: boolean])[] = [
    ['G2', 'abc#### -cluster 1 -subcluster 2####\nxyz', true],
    ['G4', 'x#### -cluster  -subcluster ####', true],
    ['G5', 'x### -cluster 1 -subcluster 2####', false],
    ['two line ends', 'abc#### -cluster 1 -subcluster 2####\nxyz\n', false],
  ]
  for (const [id, text, isPilot] of rows) {
    it(`is ${isPilot ? '' : 'not '}recognized in ${id} ${JSON.stringify(text)}`, () => {
      const codes = decodeContext(text).diagnostics.map((one) => one.code)
      expect(codes.includes('glidein-pilot')).toBe(isPilot)
    })
  }
})

describe('a context as a whole', () => {
  it('is an error while it is sealed', () => {
    for (const text of ['-----BEGIN AGE ENCRYPTED FILE-----\nxyz\n', 'ENCRYPTED:U2FsdGVkX18=']) {
      const { diagnostics, ini } = decodeContext(text)
      expect(diagnostics).toMatchObject([{ severity: 'error', code: 'sealed' }])
      expect(ini.sections.size).toBe(0)
    }
  })

  it('may start with a byte order mark, which is a warning', () => {
    const { script, diagnostics } = decodeContext('\ufeff#!/bin/sh\nexit\n')
    expect(script?.phase).toBe('after')
    expect(script?.text).toBe('#!/bin/sh\nexit\n')
    expect(diagnostics.map((one) => one.code)).toEqual(['byte-order-mark'])
  })

  it('has its problems in the order of the text', () => {
    const text = '  x\n[ucernvm-begin]\nnonsense\n[ucernvm-end]\n[a]\nb\n[ c ]\n'
    const lines = decodeContext(text).diagnostics.map((one) => one.span.start.line)
    expect(lines).toEqual([1, 3, 6, 7])
  })
})
