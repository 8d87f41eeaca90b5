import { decodeBase64 } from '../userdata/base64.ts'

const TYPES: ReadonlySet<string> = new Set([
  'ssh-rsa',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
])

/** Longest line of a key; RSA keys of 16384 bits have 2800 characters. */
const MAX_LENGTH = 8192

/**
 * One line `TYPE BASE64 [COMMENT]` of an OpenSSH public key whose material names the same type; without options, since
 * those give rights that the cloud has not to give.
 *
 * @returns the line trimmed, or undefined
 */
export function readSshPublicKey(text: string): string | undefined {
  const line = text.trim()
  if (line.length > MAX_LENGTH || /\p{Cc}/u.test(line)) return undefined
  const [type = '', material = ''] = line.split(/ +/)
  if (!TYPES.has(type)) return undefined
  const bytes = decodeBase64(material)
  if (bytes === undefined || bytes.length < 4 + type.length) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  if (length !== type.length) return undefined
  return new TextDecoder().decode(bytes.subarray(4, 4 + length)) === type ? line : undefined
}
