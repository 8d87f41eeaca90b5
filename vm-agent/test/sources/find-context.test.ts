import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import { findContext } from '@muster/vm-agent/sources/find-context.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const CONTEXTS = join(import.meta.dirname, '../../../tests/testdata/public-contexts')
const INI = '[cernvm]\nusers=alice:users:secret\n'
const GUARD = 'parents=$(cat /proc/$PPID/cmdline)\nif ! echo $parents | grep -q amiconfig; then exit 0; fi\n'

const raw = (text: string) => findContext({ kind: 'found', isRaw: true, texts: [text] })
const parts = (...texts: readonly string[]) => findContext({ kind: 'found', isRaw: false, texts })

function message(...bodies: readonly (readonly [type: string, body: string])[]): string {
  const written = bodies.map(([type, body]) => `--b\nContent-Type: ${type}\n\n${body}\n`)
  return `Content-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n\n${written.join('')}--b--\n`
}

const sectionsOf = (text: string) => [...decodeContext(text).ini.sections.keys()]

describe('user-data that is not for the agent', () => {
  test.each([
    ['cloud-config', '#cloud-config\nusers:\n  - alice\nruncmd:\n  - [ls, -l]\n'],
    ['a script of somebody who knows no contexts', '#!/bin/bash\nset -e\necho hello\n'],
    ['a script that writes a context for others', '#!/bin/sh\ncat <<E >f\n[amiconfig]\nplugins=cernvm\nE\nexit 0\n'],
    ['a script in another language', '#!/usr/bin/python3\nprint("amiconfig")\n'],
    [
      'a message without a context',
      message(['text/cloud-config', '#cloud-config\n'], ['text/x-shellscript', '#!/bin/sh\n']),
    ],
    ['only settings of the boot loader', '[ucernvm-begin]\ncvmfs_branch=x\n[ucernvm-end]\n'],
    ['sections of other programs', '[Match]\nName=eth0\n[Network]\nDHCP=yes\n'],
    ['JSON of another first-boot program', '{"ignition": {"version": "3.0.0"}}\n'],
    ['an include', '#include\nhttps://example.org/x\n'],
  ])('is none: %s', (_, text) => expect(raw(text)).toBeUndefined())
})

describe('a context in user-data', () => {
  test('may stand alone, with sections', () => {
    expect(raw(INI)).toMatchObject({ text: INI, contested: undefined })
  })

  test('may stand below cloud-config, which stays with cloud-init', () => {
    const found = raw(`#cloud-config\nruncmd: []\n${INI}`)
    expect(found?.contested).toBeUndefined()
    expect(sectionsOf(found?.text ?? '')).toEqual(['cernvm'])
  })

  test('may join a cluster', () => expect(raw('[muster]\ncluster=c\n')).toBeDefined())

  test.each(['text/amiconfig-user-data', 'text/x-amiconfig'])('may be a part of type %s', (type) => {
    const found = raw(message(['text/cloud-config', '#cloud-config\n'], [type, INI]))
    expect(found).toMatchObject({ text: INI, contested: undefined })
  })

  test('is the same, applied once, however it comes: in a whole message or as a part of it', () => {
    const inMessage = raw(message(['text/amiconfig-user-data', INI]))
    expect(parts(INI)?.digest).toBe(inMessage?.digest)
    expect(parts(`${INI}\r\n\r\n`)?.digest).toBe(inMessage?.digest)
    expect(parts(INI.replaceAll('\n', '\r\n'))?.digest).toBe(inMessage?.digest)
    expect(parts(`${INI}[squid]\n`)?.digest).not.toBe(inMessage?.digest)
  })

  test('may be in several parts: the later values win, and the first script is run', () => {
    const found = parts(`#!/bin/sh.before\necho 1\nexit 0\n${INI}`, '[cernvm]\nusers=bob:users:x\n[squid]\n')
    const document = decodeContext(found?.text ?? '')
    expect(document.ini.sections.get('cernvm')?.options.get('users')?.value).toBe('bob:users:x')
    expect([...document.ini.sections.keys()]).toEqual(['cernvm', 'squid'])
    expect(document.script).toMatchObject({ phase: 'before', text: '#!/bin/sh.before\necho 1\nexit 0\n' })
  })

  test('may be sealed, and must then be refused rather than overlooked', () => {
    expect(raw('ENCRYPTED:abc\n')).toBeDefined()
  })
})

describe('a script at the top of raw user-data', () => {
  test.each(['#!/bin/sh.before', '#!/bin/bash.after', '#!/bin/sh before'])(
    'with the phase of a context (%s) is the agent’s, and cloud-init would run it too',
    (line) => {
      expect(raw(`${line}\necho hello\nexit 0\n`)?.contested).toMatchObject({ isGuarded: false, rest: '' })
    },
  )

  test('above sections is contested, and the rest of the context can do without it', () => {
    const script = '#!/bin/sh\necho hello\nexit 0\n'
    expect(raw(script + INI)).toMatchObject({ text: script + INI, contested: { isGuarded: false, rest: INI } })
  })

  test('that looks who runs it is known to do nothing for cloud-init', () => {
    expect(raw(`#!/bin/sh\n${GUARD}echo hello\nexit 0\n`)?.contested).toMatchObject({ isGuarded: true })
  })

  test('in a part is not contested: cloud-init does not run parts of this type', () => {
    expect(parts(`#!/bin/sh\necho hello\nexit 0\n${INI}`)?.contested).toBeUndefined()
  })
})

test.each(readdirSync(CONTEXTS).filter((name) => name.endsWith('.context')))('%s is found as user-data', (name) => {
  const text = readFileSync(join(CONTEXTS, name), 'utf8')
  const found = raw(text)
  expect(found?.text.trimEnd()).toBe(text.trimEnd())
  const script = decodeContext(text).script?.text
  if (script === undefined) expect(found?.contested).toBeUndefined()
  else expect(found?.contested?.isGuarded).toBe(script.includes('/cmdline'))
})

test('whatever a cloud hands over is judged, and a context in it can be read', () => {
  const pieces = fc.constantFrom(
    '#!/bin/sh.before\n',
    '#cloud-config\n',
    '[cernvm]\n',
    'exit 0\n',
    '--b\n',
    '--b--\n',
    'Content-Type: multipart/mixed; boundary="b"\n\n',
    'Content-Type: text/amiconfig-user-data\nContent-Transfer-Encoding: base64\n\n',
    'W3NxdWlkXQo=\n',
    'cat <<E\n',
    'E\n',
    '\u0000',
    '\ud800',
    '\r\n',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
  )
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), fc.boolean(), (texts, isRaw) => {
      const found = findContext({ kind: 'found', isRaw, texts: isRaw ? texts.slice(0, 1) : texts })
      if (found === undefined) return
      expect(found.digest).toMatch(/^[0-9a-f]{64}$/)
      decodeContext(found.text)
      if (found.contested !== undefined) expect(decodeContext(found.contested.rest).script).toBeUndefined()
    }),
    { numRuns: 1000, seed: 3 },
  )
})
