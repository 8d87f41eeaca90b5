import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ContextError } from '../../src/fault.ts'
import { MAX_CONTEXT_BYTES } from '../../src/userdata/document.ts'
import { readTransport } from '../../src/userdata/transport.ts'

const TEXT = '[cernvm]\nusers=é:é:x\n'

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

async function faultOf(bytes: Uint8Array): Promise<ContextError> {
  const outcome = await readTransport(bytes).catch((fault: unknown) => fault)
  if (outcome instanceof ContextError) return outcome
  throw new Error(`A ContextError was expected, and this came: ${JSON.stringify(outcome)}`)
}

describe('the transport of a context', () => {
  it('takes UTF-8 text as it is', async () => {
    expect(await readTransport(bytesOf(TEXT))).toEqual({ text: TEXT, diagnostics: [] })
    expect(await readTransport(new Uint8Array())).toEqual({ text: '', diagnostics: [] })
  })

  it('undoes gzip by its magic number (D1)', async () => {
    expect(await readTransport(gzipSync(TEXT))).toEqual({ text: TEXT, diagnostics: [] })
  })

  it('takes bytes that only start like gzip as they are, which is no text (D2)', async () => {
    for (const bytes of [
      Uint8Array.of(0x1f, 0x8b),
      Uint8Array.of(0x1f, 0x8b, 0x41, 0x0a),
      gzipSync(TEXT).subarray(0, 20),
    ]) {
      const fault = await faultOf(bytes)
      expect(fault.code).toBe('not-text')
      expect(fault.message).toContain('gzip')
      expect(fault.hint).toBeDefined()
    }
  })

  it('refuses a text above the limit, packed or not, and takes one at the limit', async () => {
    const limit = bytesOf('a'.repeat(MAX_CONTEXT_BYTES))
    expect((await readTransport(limit)).text).toHaveLength(MAX_CONTEXT_BYTES)
    expect((await readTransport(gzipSync(limit))).text).toHaveLength(MAX_CONTEXT_BYTES)
    const above = bytesOf('a'.repeat(MAX_CONTEXT_BYTES + 1))
    expect((await faultOf(above)).code).toBe('too-large')
    expect((await faultOf(gzipSync(above))).code).toBe('too-large')
  })

  it('stops a gzip bomb at the limit, without decompressing the rest', async () => {
    const bomb = gzipSync(new Uint8Array(256 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(MAX_CONTEXT_BYTES)
    const before = process.memoryUsage().arrayBuffers
    const fault = await faultOf(bomb)
    expect(fault.code).toBe('too-large')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('says where bytes are not UTF-8', async () => {
    const rows: readonly (readonly [name: string, bytes: readonly number[]])[] = [
      ['Latin-1', [0x61, 0x0a, 0x62, 0xe9, 0x0a]],
      ['a cut sequence', [0x61, 0x0a, 0x62, 0xe2, 0x82]],
      ['a surrogate', [0x61, 0x0a, 0x62, 0xed, 0xa0, 0x80]],
      ['an overlong form', [0x61, 0x0a, 0x62, 0xc0, 0xaf]],
      ['beyond Unicode', [0x61, 0x0a, 0x62, 0xf4, 0x90, 0x80, 0x80]],
      ['an overlong form of three', [0x61, 0x0a, 0x62, 0xe0, 0x80, 0x80]],
    ]
    for (const [name, bytes] of rows) {
      const fault = await faultOf(Uint8Array.from(bytes))
      expect(fault.code, name).toBe('not-text')
      expect(fault.details, name).toEqual({ line: 2, offset: 3 })
    }
  })

  it('refuses binary files and names the place of the first zero', async () => {
    const fault = await faultOf(Uint8Array.of(0x61, 0x0a, 0x00, 0x62))
    expect(fault.code).toBe('not-text')
    expect(fault.details).toEqual({ line: 2, offset: 2 })
  })

  it('knows UTF-16 by its mark and says what to do', async () => {
    for (const bytes of [Uint8Array.of(0xff, 0xfe, 0x61, 0x00), Uint8Array.of(0xfe, 0xff, 0x00, 0x61)]) {
      const fault = await faultOf(bytes)
      expect(fault.message).toContain('UTF-16')
      expect(fault.hint).toContain('UTF-8')
    }
  })

  it('skips a UTF-8 byte order mark with a warning', async () => {
    const { text, diagnostics } = await readTransport(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytesOf(TEXT)))
    expect(text).toBe(TEXT)
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'byte-order-mark' }])
  })
})
