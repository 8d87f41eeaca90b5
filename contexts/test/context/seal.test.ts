import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { armor, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isSealed, openText, sealText } from '../../src/context/seal.ts'
import { Secret } from '../../src/secret.ts'

const run = promisify(execFile)
const PASSPHRASE = new Secret('correct horse battery')
const TEXT = '[cernvm]\r\nusers=alice:atlas:$6$salt$hash\ncontextualization_command=ünïcode\n'
/** Cheap: what is tested here does not depend on the cost. */
const CHEAP = { workFactor: 4 }

const failsWith = (code: string) => expect.objectContaining({ name: 'ContextError', code })

describe('a sealed context', () => {
  test('is ASCII, shows nothing, and opens to the same text', async () => {
    const sealed = await sealText(TEXT, PASSPHRASE, CHEAP)
    expect(sealed).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[\n\x20-\x7e]*$/)
    expect(sealed).not.toContain('alice')
    expect(isSealed(sealed)).toBe(true)
    expect(await openText(sealed, PASSPHRASE)).toBe(TEXT)
  })

  test('keeps a byte order mark and an empty text', async () => {
    for (const text of ['\uFEFF[cernvm]', '']) {
      expect(await openText(await sealText(text, PASSPHRASE, CHEAP), PASSPHRASE)).toBe(text)
    }
  })

  test('opens with white space around it, as pasted', async () => {
    expect(await openText(`\n  ${await sealText(TEXT, PASSPHRASE, CHEAP)}\n\n`, PASSPHRASE)).toBe(TEXT)
  })

  test('is different each time', async () => {
    expect(await sealText(TEXT, PASSPHRASE, CHEAP)).not.toBe(await sealText(TEXT, PASSPHRASE, CHEAP))
  })

  test('does not open with another passphrase', async () => {
    const sealed = await sealText(TEXT, PASSPHRASE, CHEAP)
    await expect(openText(sealed, new Secret('Correct horse battery'))).rejects.toThrowError(
      failsWith('wrong-passphrase'),
    )
    await expect(openText(sealed, new Secret('x'.repeat(2000)))).rejects.toThrowError(failsWith('wrong-passphrase'))
  })

  test('that was altered anywhere does not open', async () => {
    const sealed = await sealText('short', PASSPHRASE, CHEAP)
    const bytes = armor.decode(sealed)
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = armor.encode(bytes.with(at, (bytes[at] ?? 0) ^ 1))
      await expect(openText(altered, PASSPHRASE), `byte ${at}`).rejects.toThrowError(
        expect.objectContaining({ name: 'ContextError', code: expect.stringMatching(/^(damaged|wrong-passphrase)$/) }),
      )
    }
  })

  test.each([
    ['cut', (sealed: string) => sealed.slice(0, sealed.length / 2)],
    ['without its last lines', (sealed: string) => sealed.split('\n').slice(0, -3).join('\n')],
    ['plain text', () => TEXT],
    ['empty', () => ''],
  ])('that is %s is damaged', async (_, change) => {
    const sealed = await sealText(TEXT, PASSPHRASE, CHEAP)
    await expect(openText(change(sealed), PASSPHRASE)).rejects.toThrowError(failsWith('damaged'))
  })

  test('for a key instead of a passphrase is refused with that reason', async () => {
    const encrypter = new Encrypter()
    encrypter.addRecipient(await identityToRecipient(await generateIdentity()))
    const sealed = armor.encode(await encrypter.encrypt(TEXT))
    await expect(openText(sealed, PASSPHRASE)).rejects.toThrowError(/sealed for a key/)
  })

  test('that holds no text is damaged', async () => {
    const encrypter = new Encrypter()
    encrypter.setPassphrase(PASSPHRASE.reveal())
    encrypter.setScryptWorkFactor(4)
    const sealed = armor.encode(await encrypter.encrypt(Uint8Array.of(0xff, 0xfe, 0xfd)))
    await expect(openText(sealed, PASSPHRASE)).rejects.toThrowError(failsWith('damaged'))
  })
})

describe('sealing refuses', () => {
  test.each([
    ['a short passphrase', TEXT, 'too short', 'weak-passphrase'],
    ['an endless passphrase', TEXT, 'x'.repeat(2000), 'weak-passphrase'],
    ['a text above the limit', 'x'.repeat(1024 * 1024 + 1), PASSPHRASE.reveal(), 'too-large'],
    ['half a surrogate pair', 'a\ud800b', PASSPHRASE.reveal(), 'not-text'],
  ])('%s', async (_, text, passphrase, code) => {
    await expect(sealText(text, new Secret(passphrase), CHEAP)).rejects.toThrowError(failsWith(code))
  })
})

test('opening refuses a text above the limit before it decodes it', async () => {
  await expect(openText('x'.repeat(1_500_001), PASSPHRASE)).rejects.toThrowError(failsWith('too-large'))
})

test('a scrypt cost made to keep the reader busy is refused', async () => {
  const sealed = await sealText(TEXT, PASSPHRASE, CHEAP)
  const header = new TextDecoder('latin1').decode(armor.decode(sealed))
  const costly = Uint8Array.from(header.replace(/(-> scrypt \S+) 4\n/, '$1 30\n'), (char) => char.charCodeAt(0))
  await expect(openText(armor.encode(costly), PASSPHRASE)).rejects.toThrowError(failsWith('damaged'))
})

describe.runIf(existsSync('/usr/bin/age') && existsSync('/usr/bin/python3'))('the age program of the system', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-seal-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** age reads a passphrase from a terminal only: python's pty module gives it one. */
  async function age(prompts: number, ...args: readonly string[]): Promise<void> {
    const script = [
      'import os, pty, sys',
      'prompts, argv = int(sys.argv[1]), sys.argv[3:]',
      'pid, fd = pty.fork()',
      'if pid == 0: os.execvp(argv[0], argv)',
      'seen = b""',
      'while True:',
      '    try: chunk = os.read(fd, 4096)',
      '    except OSError: break',
      '    if not chunk: break',
      '    seen += chunk',
      '    if seen.count(b"passphrase") > 0 and prompts > 0 and seen.rstrip().endswith(b":"):',
      '        os.write(fd, sys.argv[2].encode() + b"\\n"); prompts -= 1; seen = b""',
      'sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
    ].join('\n')
    await run('/usr/bin/python3', ['-c', script, String(prompts), PASSPHRASE.reveal(), '/usr/bin/age', ...args])
  }

  test('opens what was sealed here', async () => {
    const [sealedFile, openedFile] = [join(folder, 'sealed'), join(folder, 'opened')]
    await writeFile(sealedFile, await sealText(TEXT, PASSPHRASE, CHEAP))
    await age(1, '--decrypt', '--output', openedFile, sealedFile)
    expect(await readFile(openedFile, 'utf8')).toBe(TEXT)
  })

  test('seals what opens here', async () => {
    const [plainFile, sealedFile] = [join(folder, 'plain'), join(folder, 'sealed-by-age')]
    await writeFile(plainFile, TEXT)
    await age(2, '--passphrase', '--armor', '--output', sealedFile, plainFile)
    const sealed = await readFile(sealedFile, 'utf8')
    expect(isSealed(sealed)).toBe(true)
    expect(await openText(sealed, PASSPHRASE)).toBe(TEXT)
  })
})
