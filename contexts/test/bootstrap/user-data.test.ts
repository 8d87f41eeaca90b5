import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { BootstrapError } from '../../src/bootstrap/bootstrap-error.ts'
import { UNIT_TEXT, WANTED_TEXT } from '../../src/bootstrap/layout.ts'
import { renderMultipart } from '../../src/bootstrap/multipart.ts'
import { quoteShell } from '../../src/bootstrap/shell-quote.ts'
import {
  compressUserData,
  MAX_USER_DATA_BYTES,
  renderUserData,
  requireFit,
  USER_DATA_FORMATS,
  type UserDataInput,
} from '../../src/bootstrap/user-data.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { readMime } from '../../src/userdata/mime.ts'
import { printDocument } from '../../src/userdata/print.ts'
import { createProblemList } from '../../src/userdata/problem.ts'
import { splitLines } from '../../src/userdata/text.ts'
import { readTransport } from '../../src/userdata/transport.ts'

const JOIN = `[muster]
cluster=clu_01jd0000000000000000000000
coordinator=12D3KooWEMFWm9FDxaHbXGrFXXKtbN7WBvVszyqtdYRCDRKrhRQz
issuer=12D3KooWQJX2nF5vTf7gEu1kWMBPDQa7pVq9h9Cs7uLKXFZ8Mgsb
addresses=/ip4/192.0.2.7/tcp/4001
token=0123456789abcdefghijABCDEFGHIJ0123456789abc
`

const INPUT: UserDataInput = {
  coordinatorUrl: 'https://muster.example.org',
  release: {
    version: '0.2.0-rc.1+abcdef0',
    commit: 'abcdef0',
    publishedAt: '2026-11-22T12:00:00Z',
    channel: 'stable',
    files: [
      { name: 'muster-agent', os: 'linux', arch: 'x64', bytes: 115_000_000, sha256: 'a'.repeat(64) },
      { name: 'muster-agent', os: 'linux', arch: 'arm64', bytes: 112_000_000, sha256: 'b'.repeat(64) },
      { name: 'muster', os: 'linux', arch: 'x64', bytes: 1, sha256: 'c'.repeat(64) },
    ],
  },
  releaseKeys: ['A'.repeat(43)],
  format: 'cloud-config',
}

/** Texts with what shells, YAML, MIME and readers of contexts take for something else. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '`',
        '$(id)',
        '\\',
        '\n',
        '\r\n',
        '\t',
        ' ',
        '#',
        '|',
        '--',
        '[cernvm]\n',
        '\n.\n',
        'From ',
      ),
      fc.string({ unit: 'grapheme' }),
    ),
    { maxLength: 20 },
  )
  .map((pieces) => pieces.join(''))

describe('user-data', () => {
  test.each(USER_DATA_FORMATS)('as %s leaves more than half of what clouds take for a context', (format) => {
    const { text, sizeBytes } = renderUserData({ ...INPUT, format })
    expect(sizeBytes).toBe(new TextEncoder().encode(text).length)
    expect(sizeBytes).toBeLessThan(MAX_USER_DATA_BYTES / 2)
    expect(renderUserData({ ...INPUT, format }).text).toBe(text)
  })

  test.each(USER_DATA_FORMATS)('as %s is nothing to apply for the agent, and no problem either', (format) => {
    const { ini, script, foreignParts, diagnostics } = decodeContext(renderUserData({ ...INPUT, format }).text)
    expect([ini.sections.size, script, diagnostics]).toEqual([0, undefined, []])
    expect(foreignParts.map(({ contentType }) => contentType)).toEqual([
      format === 'script' ? 'text/x-shellscript' : 'text/cloud-config',
    ])
  })

  test.each(USER_DATA_FORMATS)('as %s gives context and join token back, whatever the context is', (format) => {
    fc.assert(
      fc.property(hostile, (context) => {
        const { text } = renderUserData({ ...INPUT, format, context, join: JOIN })
        const read = decodeContext(text)
        const alone = decodeContext(context)
        expect(read.ini.sections.get('muster')?.options.get('token')?.value).toMatch(/^0123/)
        expect([...read.ini.sections.keys()].sort()).toEqual(
          [...new Set([...alone.ini.sections.keys(), 'muster'])].sort(),
        )
        expect(read.script?.text).toBe(alone.script?.text)
        expect(printDocument(read)).toBe(text)
        expect(text).toMatch(/^[\t\n -~]*$/)
      }),
    )
  })

  test('as a message gives every part back, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (texts) => {
        const parts = texts.map((text, index) => ({ contentType: 'text/plain', fileName: `part-${index}`, text }))
        const read = readMime(splitLines(renderMultipart(parts)), createProblemList())
        expect(read.map(({ lines }) => lines.map((line) => line.text + line.terminator).join(''))).toEqual(texts)
      }),
    )
  })

  test('as cloud-config has the files that the layout says, and two commands', () => {
    const document: unknown = parse(renderUserData(INPUT).text)
    expect(document).toMatchObject({
      write_files: [
        { path: '/var/lib/muster-bootstrap/bootstrap.sh', permissions: '0700' },
        { path: '/etc/systemd/system/muster-bootstrap.service', permissions: '0644', content: UNIT_TEXT },
        { path: '/etc/systemd/system/multi-user.target.d/muster-bootstrap.conf', content: WANTED_TEXT },
      ],
      runcmd: [
        ['systemctl', 'daemon-reload'],
        ['systemctl', 'start', '--no-block', 'muster-bootstrap.service'],
      ],
    })
  })

  test('carries the same program in both formats', () => {
    const { write_files: files }: { write_files: { content: string }[] } = parse(renderUserData(INPUT).text)
    expect(renderUserData({ ...INPUT, format: 'script' }).text).toContain(files[0]?.content ?? 'nothing')
  })

  test('above the limit says by how much, and gzip of it can fit and be read', async () => {
    const context = `[cernvm]\n${'environment=A=1\n'.repeat(2000)}`
    const { text, sizeBytes } = renderUserData({ ...INPUT, context })
    expect(() => requireFit(sizeBytes, false)).toThrow(
      expect.objectContaining({ code: 'too-large', details: expect.objectContaining({ excess: sizeBytes - 16_384 }) }),
    )
    const packed = await compressUserData(text)
    requireFit(packed.length, true)
    expect((await readTransport(packed)).text).toBe(text)
    expect(await compressUserData(text)).toEqual(packed)
  })

  test.each<[BootstrapError['code'], Partial<UserDataInput>]>([
    ['bad-address', { coordinatorUrl: 'muster.example.org' }],
    ['bad-address', { coordinatorUrl: 'file:///etc/passwd' }],
    ['bad-address', { coordinatorUrl: 'https://name:word@muster.example.org' }],
    ['bad-address', { mirrors: ['https://muster.example.org/?token=1'] }],
    ['bad-address', { mirrors: Array.from({ length: 9 }, (_, index) => `https://m${index}.example.org`) }],
    ['bad-join', { join: '[cernvm]\n' }],
    ['sealed', { context: '-----BEGIN AGE ENCRYPTED FILE-----\n' }],
    ['no-agent', { release: { ...INPUT.release, files: INPUT.release.files.slice(2) } }],
  ])('is refused as %s', (code, change) => {
    expect(() => renderUserData({ ...INPUT, ...change })).toThrow(expect.objectContaining({ code }))
    expect(() => renderUserData({ ...INPUT, ...change })).toThrow(BootstrapError)
  })
})

describe('a quoted word', () => {
  test('is one word for a real shell, whatever is in it', () => {
    const texts = fc.sample(hostile, { numRuns: 200, seed: 7 }).map((text) => text.replaceAll('\0', ''))
    const script = texts.map((text) => `printf '%s\\0' ${quoteShell(text)}\n`).join('')
    expect(execFileSync('/bin/sh', { input: script, encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(texts)
  })

  test('of an address is what the program in the machine fetches from', () => {
    const tricky = fc.webUrl({ withFragments: false }).map((url) => `${url}/'$(id)\`x\`\\"*[a]`)
    for (const address of fc.sample(tricky, { numRuns: 50, seed: 3 })) {
      const { text } = renderUserData({ ...INPUT, mirrors: [address] })
      const { write_files: files }: { write_files: { content: string }[] } = parse(text)
      const head = (files[0]?.content ?? '').split('choose()')[0] ?? ''
      const ask = `${head}\nfor source in $sources; do printf '%s\\n' "$source"; done`
      const said = execFileSync('/bin/sh', { input: ask, encoding: 'utf8' }).trim().split('\n')
      const { origin, pathname } = new URL(address)
      expect(said).toEqual([(origin + pathname).replace(/\/+$/, ''), 'https://muster.example.org/dist'])
    }
  })
})
