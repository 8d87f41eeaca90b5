import { digestText } from '../context/digest.ts'

/** One part of user-data for several readers. */
export interface UserDataPart {
  readonly contentType: string
  readonly fileName: string
  readonly text: string
}

/** Longest line that goes through mail readers as it is (RFC 5322), without its end. */
const MAX_LINE = 998
const BASE64_WIDTH = 76

/** A MIME message as cloud-init and `decodeContext` read it; every part comes out as it went in, byte for byte. */
export function renderMultipart(parts: readonly UserDataPart[]): string {
  const boundary = chooseBoundary(parts)
  const rendered = parts.map((part) => `--${boundary}\n${renderPart(part)}\n`)
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${rendered.join('')}--${boundary}--\n`
}

function renderPart({ contentType, fileName, text }: UserDataPart): string {
  const isPlain = /^[\t\n -~]*$/.test(text) && text.split('\n').every((line) => line.length <= MAX_LINE)
  const head = [
    `Content-Type: ${contentType}${isPlain ? '' : '; charset="utf-8"'}`,
    `Content-Disposition: attachment; filename="${fileName}"`,
    ...(isPlain ? [] : ['Content-Transfer-Encoding: base64']),
  ]
  return `${head.join('\n')}\n\n${isPlain ? text : wrappedBase64(text)}`
}

/** Carriage returns and letters of other scripts are not sure to arrive in any other coding. */
function wrappedBase64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const chars = Array.from(bytes, (byte) => String.fromCharCode(byte))
  const encoded = btoa(chars.join(''))
  return (encoded.match(new RegExp(`.{1,${BASE64_WIDTH}}`, 'g')) ?? []).join('\n')
}

/** Made of the content, so that the same input gives the same text; drawn again if the content has it. */
function chooseBoundary(parts: readonly UserDataPart[]): string {
  const all = parts.map(({ text }) => text).join('\n')
  for (let seed = digestText(all); ; seed = digestText(seed)) {
    const boundary = `muster-${seed.slice(0, 24)}`
    if (!all.includes(boundary)) return boundary
  }
}
