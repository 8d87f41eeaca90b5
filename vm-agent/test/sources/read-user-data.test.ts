import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readUserData } from '@muster/vm-agent/sources/read-user-data.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../apply/tree-fixture.ts'

const PARTS = 'run/muster/user-data'
const INSTANCE = 'var/lib/cloud/instances/i-1'

let root: string

beforeEach(() => {
  root = join(temporaryDirectory(), 'root')
  mkdirSync(join(root, INSTANCE), { recursive: true })
  symlinkSync('/var/lib/cloud/instances/i-1', join(root, 'var/lib/cloud/instance'))
})

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

describe('user-data', () => {
  test('that is not there is none', async () => expect(await readUserData(root)).toEqual({ kind: 'none' }))

  test('is what the cloud gave, where cloud-init has handed nothing over', async () => {
    put(`${INSTANCE}/user-data.txt`, '[squid]\n')
    expect(await readUserData(root)).toEqual({ kind: 'found', isRaw: true, texts: ['[squid]\n'] })
    put(`${PARTS}/complete`, '')
    expect(await readUserData(root)).toMatchObject({ isRaw: true })
  })

  test('may be packed with gzip', async () => {
    put(`${INSTANCE}/user-data.txt`, gzipSync('[squid]\n'))
    expect(await readUserData(root)).toMatchObject({ texts: ['[squid]\n'] })
  })

  test('is the parts that cloud-init has handed over, in their order', async () => {
    put(`${INSTANCE}/user-data.txt`, 'the whole message')
    for (const number of ['010', '002', '001']) put(`${PARTS}/part-${number}`, `part ${number}`)
    put(`${PARTS}/part-003`, '\n')
    put(`${PARTS}/.part-004.new`, 'half of a part')
    expect(await readUserData(root)).toMatchObject({ isRaw: true })
    put(`${PARTS}/complete`, '')
    const texts = ['part 001', 'part 002', 'part 010']
    expect(await readUserData(root)).toEqual({ kind: 'found', isRaw: false, texts })
  })
})

describe('user-data that somebody prepared to do harm', () => {
  test('is refused when it is too large, without reading all of it', async () => {
    put(`${INSTANCE}/user-data.txt`, Buffer.alloc(3 * 1024 * 1024, 'x'))
    expect(await readUserData(root)).toMatchObject({
      kind: 'unreadable',
      message: expect.stringMatching(/^The user-data is larger than 1024 KiB/),
    })
  })

  test('is refused when it unpacks to too much', async () => {
    put(`${INSTANCE}/user-data.txt`, gzipSync(Buffer.alloc(30 * 1024 * 1024)))
    expect(await readUserData(root)).toMatchObject({ kind: 'unreadable', message: expect.stringContaining('larger') })
  })

  test('is refused when it has too many parts, or too much in them', async () => {
    put(`${PARTS}/complete`, '')
    for (let index = 0; index < 3; index++) put(`${PARTS}/part-00${index}`, 'x'.repeat(500_000))
    expect(await readUserData(root)).toMatchObject({ kind: 'unreadable', message: expect.stringContaining('KiB') })
    for (let index = 0; index < 101; index++) put(`${PARTS}/part-${1000 + index}`, 'x')
    expect(await readUserData(root)).toMatchObject({
      kind: 'unreadable',
      message: expect.stringContaining('100 parts'),
    })
  })

  test.each([
    ['no UTF-8', Buffer.from([0x5b, 0xff, 0xfe, 0x00])],
    ['UTF-16', Buffer.from('\ufeff[squid]', 'utf16le')],
    ['a zero byte', Buffer.from('[squid]\0')],
    ['broken gzip', Buffer.from([0x1f, 0x8b, 0xff, 0xff])],
  ])('is refused when it is no text: %s', async (_, bytes) => {
    put(`${INSTANCE}/user-data.txt`, bytes)
    expect(await readUserData(root)).toMatchObject({ kind: 'unreadable' })
  })

  test('cannot lead elsewhere by links, and no pipe makes the agent wait', async () => {
    const outside = temporaryDirectory()
    writeFileSync(join(outside, 'secret'), '[squid]\n')
    put(`${PARTS}/complete`, '')
    symlinkSync(join(outside, 'secret'), join(root, PARTS, 'part-001'))
    execFileSync('mkfifo', [join(root, PARTS, 'part-002')])
    mkdirSync(join(root, PARTS, 'part-003'))
    expect(await readUserData(root)).toEqual({ kind: 'none' })
    symlinkSync(join(outside, 'secret'), join(root, INSTANCE, 'user-data.txt'))
    expect(await readUserData(root)).toEqual({ kind: 'none' })
  })
})
