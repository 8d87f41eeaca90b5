import { describe, expect, it } from 'vitest'
import { decodeContext } from '../../src/userdata/decode.ts'
import { printDocument } from '../../src/userdata/print.ts'

interface Part {
  readonly type: string
  readonly body: string
  readonly encoding?: string
  readonly filename?: string
}

function message(parts: readonly Part[], top = 'From nobody Tue Nov  1 00:00:00 2016\n'): string {
  const bodies = parts.map(({ type, body, encoding = '7bit', filename = 'file' }) =>
    [
      '--===12==',
      `Content-Type: ${type}; charset="us-ascii"`,
      'MIME-Version: 1.0',
      `Content-Transfer-Encoding: ${encoding}`,
      `Content-Disposition: attachment; filename="${filename}"`,
      '',
      body,
    ].join('\n'),
  )
  return `${top}Content-Type: multipart/mixed;\n boundary="===12=="\nMIME-Version: 1.0\n\n${bodies.join('\n')}\n--===12==--\n`
}

const CONTEXT = '[amiconfig]\nplugins=cernvm cernvm_appliance rapadminpassword\n'

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/.{20}/g, '$&\n')
}

function pluginsOf(text: string): string | undefined {
  return decodeContext(text).ini.sections.get('amiconfig')?.options.get('plugins')?.value
}

describe('a context in a MIME message', () => {
  it('is found in its part, with and without a mailbox line (P34)', () => {
    for (const top of ['From nobody Tue Nov  1 00:00:00 2016\n', '', 'MIME-Version: 1.0\n']) {
      const text = message([{ type: 'text/x-amiconfig', body: CONTEXT }], top)
      expect(pluginsOf(text), top).toBe('cernvm cernvm_appliance rapadminpassword')
      expect(printDocument(decodeContext(text))).toBe(text)
    }
  })

  it('is decoded from base64 and quoted-printable, and its problems are said to stand in that part (P35)', () => {
    const body = '[amiconfig]\nplugins=cernvm\n  indented=é\n'
    const encodings = [
      { encoding: 'base64', encoded: base64(body) },
      {
        encoding: 'quoted-printable',
        encoded: body.replaceAll('=', '=3D').replace('é', '=C3=A9').replace('plugins', 'plu=\ngins'),
      },
    ]
    for (const { encoding, encoded } of encodings) {
      const text = message([{ type: 'text/amiconfig-user-data', body: encoded, encoding }])
      expect(pluginsOf(text), encoding).toBe('cernvm')
      const [diagnostic] = decodeContext(text).diagnostics
      expect(diagnostic?.code, encoding).toBe('line-indented')
      const place = text.slice(diagnostic?.span.start.offset, diagnostic?.span.end.offset)
      expect(place, encoding).toContain(encoded.split('\n')[0])
    }
  })

  it('may have a script and a boot block', () => {
    const body = '#!/bin/sh.before\nexit\n[cernvm]\nshell=/bin/sh\n[ucernvm-begin]\ncvmfs_tag=t\n[ucernvm-end]\n'
    const document = decodeContext(message([{ type: 'text/amiconfig-user-data', body }]))
    expect(document.script?.phase).toBe('before')
    expect(document.bootBlock.settings.get('CVMFS_TAG')).toBe('t')
    expect(document.diagnostics).toEqual([])
  })

  it('has its boot block in a part of its own, with or without the marker lines', () => {
    const bodies = ['cvmfs_tag=t\n', '[ucernvm-begin]\ncvmfs_tag=t\n[ucernvm-end]\n']
    for (const body of bodies) {
      for (const encoding of ['7bit', 'base64']) {
        const encoded = encoding === '7bit' ? body : base64(body)
        const { bootBlock } = decodeContext(message([{ type: 'text/ucernvm', body: encoded, encoding }]))
        expect(bootBlock.settings.get('CVMFS_TAG')).toBe('t')
      }
    }
  })

  it('may have its boot block anywhere in the raw text, as the boot loader reads it', () => {
    const body = '#cloud-config\n[ucernvm-begin]\ncvmfs_tag=t\n[ucernvm-end]\n'
    const { bootBlock } = decodeContext(message([{ type: 'text/cloud-config', body }]))
    expect(bootBlock.settings.get('CVMFS_TAG')).toBe('t')
  })

  it('leaves parts of others to cloud-init', () => {
    const parts = [
      { type: 'text/cloud-config', body: '#cloud-config\nusers: []\n', filename: 'a.yaml' },
      { type: 'text/amiconfig-user-data', body: CONTEXT },
      { type: 'text/x-shellscript', body: base64('#!/bin/sh\n'), encoding: 'base64', filename: 'run.sh' },
    ]
    const { foreignParts, script } = decodeContext(message(parts))
    expect(script).toBeUndefined()
    expect(foreignParts).toEqual([
      { contentType: 'text/cloud-config', filename: 'a.yaml', text: '#cloud-config\nusers: []\n' },
      { contentType: 'text/x-shellscript', filename: 'run.sh', text: '#!/bin/sh\n' },
    ])
  })

  it('may be nested, and several context parts are read as one text', () => {
    const inner = message([{ type: 'text/amiconfig-user-data', body: '[cernvm]\nshell=/bin/a\n' }], '').replaceAll(
      '===12==',
      'in',
    )
    const body = '#!/bin/sh\nexit\n[cernvm]\nshell=/bin/b\n'
    const second = { type: 'text/amiconfig-user-data', body }
    const nested = `From x\nContent-Type: multipart/mixed; boundary=out\n\n--out\n${inner}\n--out\nContent-Type: text/amiconfig-user-data\n\n${second.body}--out--\n`
    const document = decodeContext(nested)
    expect(document.ini.sections.get('cernvm')?.options.get('shell')?.value).toBe('/bin/b')
    expect(document.script?.phase).toBe('after')
  })

  it('runs the first of two scripts and says so', () => {
    const body = '#!/bin/sh\nexit\n'
    const type = 'text/amiconfig-user-data'
    const { diagnostics } = decodeContext(
      message([
        { type, body },
        { type, body },
      ]),
    )
    expect(diagnostics.map((one) => one.code)).toEqual(['script-repeated'])
  })

  it('reports what cannot be decoded and goes on with the other parts', () => {
    const type = 'text/amiconfig-user-data'
    const broken = [
      { type, body: '!!!!', encoding: 'base64' },
      { type, body: base64('\u0000').replace('AA==', '/w=='), encoding: 'base64' },
      { type, body: 'x', encoding: 'uuencode' },
    ]
    const text = message([...broken, { type, body: CONTEXT }])
    expect(pluginsOf(text)).toBeDefined()
    expect(decodeContext(text).diagnostics.map((one) => one.code)).toEqual([
      'mime-invalid',
      'mime-invalid',
      'mime-invalid',
    ])
    const endless = decodeContext('Content-Type: multipart/mixed\n\n--x\n')
    expect(endless.diagnostics.map((one) => one.code)).toEqual(['mime-invalid'])
  })

  it('reads a bounded number of parts and levels', () => {
    const many = message(Array.from({ length: 150 }, () => ({ type: 'text/plain', body: 'x' })))
    const wide = decodeContext(many)
    expect(wide.foreignParts).toHaveLength(100)
    expect(wide.diagnostics.some((one) => one.code === 'mime-too-many-parts')).toBe(true)
    let deep = 'Content-Type: text/plain\n\nx\n'
    for (let level = 0; level < 10; level += 1) {
      deep = `Content-Type: multipart/mixed; boundary=b${level}\n\n--b${level}\n${deep}--b${level}--\n`
    }
    expect(decodeContext(deep).diagnostics.map((one) => one.code)).toEqual(['mime-too-many-parts'])
  })

  it('is not seen in a text that only mentions one', () => {
    const text = '[cernvm]\nContent-Type: multipart/mixed; boundary=x\n'
    expect(decodeContext(text).ini.sections.get('cernvm')?.options.has('content-type')).toBe(true)
  })
})

describe('a text for cloud-init', () => {
  it('is left alone up to the first known section', () => {
    const text = '#cloud-config\nusers: []\n[a, b]\n[muster]\njoin=x\n'
    const { foreignParts, ini, diagnostics } = decodeContext(text)
    expect(foreignParts).toEqual([
      { contentType: 'text/cloud-config', filename: undefined, text: '#cloud-config\nusers: []\n[a, b]\n' },
    ])
    expect([...ini.sections.keys()]).toEqual(['muster'])
    expect(diagnostics).toEqual([])
  })
})
