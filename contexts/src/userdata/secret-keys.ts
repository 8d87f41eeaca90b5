import { suggest } from './suggest.ts'

/**
 * Options whose values are not shown when a problem of their line is: those that the schemas of the plugins call
 * secret, and those of plugins that this version lacks.
 */
export const SECRET_KEYS: ReadonlySet<string> = new Set([
  'users',
  'entitlement_key',
  'contextualization_key',
  'x509-cert',
  'eos-x509-cert',
  'eos_x509_cert',
  'password',
  'rap-password',
  'condor_secret',
  'tsigkey',
  'key',
  'token',
  'join-token',
  'ec2_aws_secret_access_key',
])

const MASK = '••••••'

/** The line as it may be shown: `KEY=` and a mask for a secret option or a misspelled one, otherwise as it is. */
export function maskSecretLine(line: string): string {
  const separator = line.search(/[:=]/)
  if (separator === -1) return line
  const key = line.slice(0, separator).trim().toLowerCase()
  return suggest(key, SECRET_KEYS) !== undefined ? `${line.slice(0, separator + 1)}${MASK}` : line
}
