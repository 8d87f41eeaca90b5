import { decodeBase64Text } from './base64.ts'

/** Boot settings that a glideinWMS pilot hands over in its own arguments. */
export type GlideinSettings = ReadonlyMap<string, string>

const MARK = /#### -cluster \d* -subcluster \d*####/

const ARGUMENTS: readonly (readonly [name: string, key: string])[] = [
  ['CERNVM_CMS_PROXY', 'CVMFS_HTTP_PROXY'],
  ['CERNVM_CMS_PAC_URLS', 'CVMFS_PAC_URLS'],
]

const ESCAPES: Readonly<Record<string, string>> = { semicolon: ';', colon: ':', pipe: '|', minus: '-', dot: '.' }

/**
 * Recognizes the user-data of a glideinWMS pilot (CONTEXT-SPEC 1.10): at most one LF, and the mark of the factory.
 *
 * @returns its boot settings, which may be none; undefined when the text is something else
 */
export function readGlidein(text: string): GlideinSettings | undefined {
  const firstFeed = text.indexOf('\n')
  if (firstFeed !== -1 && text.indexOf('\n', firstFeed + 1) !== -1) return undefined
  if (!MARK.test(text)) return undefined
  const content = decodeBase64Text(text.slice(0, text.indexOf('#'))) ?? ''
  const line = content.split('\n').find((one) => one.startsWith('args')) ?? ''
  const settings = new Map<string, string>()
  for (const [name, key] of ARGUMENTS) {
    const value = argumentOf(line, ` -param_${name} `)
    if (value !== undefined) settings.set(key, value)
  }
  return settings
}

function argumentOf(line: string, mark: string): string | undefined {
  const at = line.indexOf(mark)
  if (at === -1) return undefined
  const [word = ''] = line.slice(at + mark.length).split(' ', 1)
  return word.replace(/\.(semicolon|colon|pipe|minus|dot),/g, (code, name: string) => ESCAPES[name] ?? code)
}
