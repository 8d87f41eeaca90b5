import type { InstanceFacts } from './facts.ts'

/** A placeholder as it stands in a text, or something that looks like one. */
export interface Placeholder {
  /** Index in the text. */
  readonly at: number
  readonly text: string
  /** For example `service.head.address`; undefined for what only looks like a placeholder. */
  readonly name: string | undefined
  readonly hint: string | undefined
}

/** What the old agent's web site replaced by the address of the master; here, of the first fixed service. */
export const MASTER_PLACEHOLDER = '###MASTER_IP_PLACEHOLDER###'
/** Name of its value. */
export const MASTER_NAME = 'first-service.address'

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
/** Names that are answered, and nothing else. */
const NAME = new RegExp(
  `^(?:service\\.${LABEL}\\.${LABEL}|cluster\\.(?:id|name)|self\\.(?:address|cloud|name|service|slot))$`,
)
/** Two braces and one of our words; everything else in braces belongs to somebody else's templates. */
const CANDIDATE = /\{\{[ \t]{0,8}((?:service|cluster|self)\.[^\s{}]{0,200})[ \t]{0,8}\}\}|###MASTER_IP_PLACEHOLDER###/g

const KNOWN =
  'Known are {{service.NAME.address}}, {{service.NAME.PORT}}, {{cluster.name}}, {{cluster.id}}, {{self.address}}, {{self.name}}, {{self.cloud}}, {{self.service}} and {{self.slot}}.'

/**
 * Finds placeholders: `{{service.NAME.address}}`, `{{service.NAME.PORT}}`, `{{cluster.…}}`, `{{self.…}}`, without blanks
 * inside, and the old `###MASTER_IP_PLACEHOLDER###`. Other texts in braces are not ours; those that begin like ours are
 * found without a name. Linear in the length of the text.
 */
export function findPlaceholders(text: string): readonly Placeholder[] {
  return Array.from(text.matchAll(CANDIDATE)).flatMap(readCandidate)
}

/** What is asked for, for people. */
export function placeholderWords(name: string): string {
  if (name === MASTER_NAME) return 'the first fixed service'
  const [subject = '', of = '', port = ''] = name.split('.')
  if (subject !== 'service') return `${subject}.${of}`
  return port === 'address' ? `service ${of}` : `port ${port} of service ${of}`
}

/** A value of the right form for a look at a context; no machine answers to it. */
export function exampleOf(name: string, facts: InstanceFacts): string {
  if (name === MASTER_NAME) return 'first.service.muster'
  const [subject, of = '', port = ''] = name.split('.')
  if (subject === 'service') return port === 'address' ? `${of}.service.muster` : `${of}.service.muster:1`
  if (name === 'self.address') return facts.address ?? '192.0.2.1'
  if (name === 'self.name') return facts.hostname
  return name === 'self.slot' ? '0' : of
}

function readCandidate(match: RegExpExecArray): readonly Placeholder[] {
  const [text, name] = match
  const at = match.index
  if (name === undefined) return [{ at, text, name: MASTER_NAME, hint: undefined }]
  const isTight = text === `{{${name}}}`
  if (NAME.test(name)) {
    const found = { at, text, name: isTight ? name : undefined }
    return [{ ...found, hint: isTight ? undefined : `Write {{${name}}}, without blanks.` }]
  }
  // With blanks it is as likely a template of somebody else.
  return isTight ? [{ at, text, name: undefined, hint: KNOWN }] : []
}
