/**
 * Bytes of standard base64; ASCII white space is skipped, padding may be missing.
 *
 * @returns undefined for anything that is not base64
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/[ \t\r\n]+/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined
  try {
    return Uint8Array.from(atob(compact), (char) => char.charCodeAt(0))
  } catch {
    // Right characters in a wrong number; the caller knows the place and says so.
    return undefined
  }
}

/**
 * UTF-8 text of standard base64.
 *
 * @returns undefined when it is not base64, or not of UTF-8
 */
export function decodeBase64Text(text: string): string | undefined {
  const bytes = decodeBase64(text)
  return bytes === undefined ? undefined : decodeUtf8(bytes)
}

/** Strict UTF-8, a byte order mark kept. @returns undefined when the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
