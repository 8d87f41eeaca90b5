import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeContext } from '../../src/userdata/decode.ts'
import { MAX_CONTEXT_BYTES } from '../../src/userdata/document.ts'
import { printDocument } from '../../src/userdata/print.ts'

const CONTEXTS = new URL('../../../tests/testdata/public-contexts/', import.meta.url)

/** Pieces of which hostile and ordinary contexts are made. */
const piece = fc.constantFrom(
  ...['#!/bin/sh', '#!', '.before', '\n', '\r\n', '\r', '\n\n', ' ', '\t', '[cernvm]', '[amiconfig]', '[', ']', '[]'],
  ...[
    '[ucernvm-begin]',
    '[ucernvm-end]',
    'users=a:b:c',
    'k=v',
    '=',
    ':',
    ';',
    ' ;',
    '#',
    'rem ',
    '""',
    'exit',
    'exit 0',
  ],
  ...[
    'cat <<E',
    'E',
    '<<-',
    '<<',
    'Content-Type: multipart/mixed; boundary=b',
    '--b',
    '--b--',
    'From x',
    '\ufeff',
    '\u0000',
  ],
  ...['Content-Transfer-Encoding: base64', '=C3', 'é', '\ud800', '#### -cluster 1 -subcluster 2####', '#cloud-config'],
)
const text = fc.oneof(
  fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 400 }),
)

describe('decoding and printing', () => {
  it('gives every text back, and every place lies in it', () => {
    fc.assert(
      fc.property(text, (input) => {
        const document = decodeContext(input)
        expect(printDocument(document)).toBe(input)
        for (const { span } of document.diagnostics) {
          expect(span.start.offset).toBeGreaterThanOrEqual(0)
          expect(span.end.offset).toBeGreaterThanOrEqual(span.start.offset)
          expect(span.end.offset).toBeLessThanOrEqual(input.length)
        }
      }),
      { numRuns: 3000, seed: 1 },
    )
  })

  it('gives the public contexts back byte for byte', () => {
    const names = readdirSync(CONTEXTS)
    expect(names).toHaveLength(8)
    for (const name of names) {
      const bytes = readFileSync(new URL(name, CONTEXTS))
      expect(Buffer.from(printDocument(decodeContext(bytes.toString('utf8')))).equals(bytes), name).toBe(true)
    }
  })

  it('is the same for the same text', () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(decodeContext(input)).toEqual(decodeContext(input))
      }),
      { numRuns: 300, seed: 2 },
    )
  })
})

/** As much of a repeated piece as a context may have. */
function filled(piece: string, start = ''): string {
  return start + piece.repeat(Math.floor((MAX_CONTEXT_BYTES - start.length) / piece.length))
}

const HOSTILE: readonly (readonly [name: string, text: string])[] = [
  ['opening brackets', filled('[')],
  ['section headers', filled('[a]\n')],
  ['almost known sections below a script', filled('[elastiq-setpu]\n', '#!/bin/sh\nexit\n')],
  ['here-documents that never end', filled('cat <<E\n', '#!/bin/sh\n')],
  ['here-documents that end at the last line', `${filled('cat <<E\n', '#!/bin/sh\n').slice(0, -2)}\nE\n`],
  ['here-document starts in one line', filled('<<A', '#!/bin/sh\n')],
  ['open quotes behind <<', filled("<<'", '#!/bin/sh\n')],
  ['block begins', filled('[ucernvm-begin]\n')],
  ['unknown block keys', filled('cvmfs_sevrer=1\n', '[ucernvm-begin]\n')],
  ['blanks', filled(' ')],
  ['blanks before a value', `${filled(' ', '[a]\nk=')}x`],
  ['carriage returns in a script', filled('\r', '#!/bin/sh\n')],
  ['options', filled('k=v\n', '[a]\n')],
  ['options without a section', filled('ec2_aws_secret_access_keyz=1\n')],
  ['semicolons', filled(' ;', '[a]\nk=x')],
  ['MIME boundaries', filled('--x\n', 'Content-Type: multipart/mixed; boundary=x\n\n')],
  ['folded headers', filled(' a\n', 'Content-Type: multipart/mixed\n')],
  ['semicolons in a header', filled(';', 'Content-Type: multipart/mixed')],
  [
    'soft line ends',
    filled('=\n', 'From x\nContent-Type: text/amiconfig-user-data\nContent-Transfer-Encoding: quoted-printable\n\n'),
  ],
  ['pilot marks', filled('#### -cluster 1')],
]

describe('a hostile text of the largest size', () => {
  for (const [name, input] of HOSTILE) {
    it(`made of ${name} is decoded in time that grows with its length only`, () => {
      const started = performance.now()
      const document = decodeContext(input)
      // Linear work takes well below a second here; anything quadratic takes minutes.
      expect(performance.now() - started).toBeLessThan(10_000)
      expect(document.diagnostics.length).toBeLessThan(1500)
      expect(printDocument(document)).toBe(input)
    })
  }
})
