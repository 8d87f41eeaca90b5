import { CHANNEL_PATTERN, DEFAULT_CHANNEL } from '@muster/contexts/release/release.ts'
import { type Field, type FieldDecoder, integer, oneOf } from '@muster/runtime/config.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'

/** How the agent updates itself. */
export interface UpdateSettings {
  /** `check`: it looks and tells, and changes nothing. */
  readonly mode: 'on' | 'check' | 'off'
  readonly channel: string
  readonly freeze: Freeze
  /** Where `channels/` and `sha256/` are; undefined: at the coordinator. No slash at its end. */
  readonly url: string | undefined
  /** How long a new version may take to show that it works. */
  readonly trialMs: number
}

/** When nothing new is installed: never, until a time in epoch milliseconds, or until the setting is another. */
export type Freeze = 'no' | 'yes' | { readonly until: number }

const channel: FieldDecoder<string> = (value) =>
  new RegExp(CHANNEL_PATTERN).test(value)
    ? { value }
    : { problem: 'must be a name of small letters, digits and dashes, 32 at most' }

const freeze: FieldDecoder<Freeze> = (value) => {
  if (/^(yes|on|true)$/i.test(value)) return { value: 'yes' }
  if (/^(no|off|false)$/i.test(value)) return { value: 'no' }
  const until = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(until) ? { problem: 'must be yes, no, or a day like 2026-12-24 (UTC)' } : { value: { until } }
}

const address: FieldDecoder<string> = (value) => {
  const parsed = URL.parse(value)
  const isUsable = parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === ''
  if (!isUsable || parsed.search !== '' || parsed.hash !== '') {
    return { problem: 'must be an address like https://mirror.example.org/muster' }
  }
  return { value: value.replace(/\/+$/, '') }
}

/** Longest trial that the launcher waits for, in seconds; it ends it at 900. */
const MAX_TRIAL_SECONDS = 800
const NEVER: Freeze = 'no'

/** The keys of `agent.conf`. */
export const UPDATE_FIELDS = {
  update: { decode: oneOf('on', 'check', 'off'), default: 'on' },
  update_channel: { decode: channel, default: DEFAULT_CHANNEL },
  update_freeze: { decode: freeze, default: NEVER },
  update_url: { decode: address, default: '' },
  update_trial_seconds: { decode: integer(5, MAX_TRIAL_SECONDS), default: 300 },
} as const satisfies Readonly<Record<string, Field<unknown>>>

/** The keys as they were read. */
export interface UpdateKeys {
  readonly update: 'on' | 'check' | 'off'
  readonly update_channel: string
  readonly update_freeze: Freeze
  readonly update_url: string
  readonly update_trial_seconds: number
}

export function updateSettingsOf(keys: UpdateKeys): UpdateSettings {
  return {
    mode: keys.update,
    channel: keys.update_channel,
    freeze: keys.update_freeze,
    url: keys.update_url === '' ? undefined : keys.update_url,
    trialMs: keys.update_trial_seconds * 1000,
  }
}

/** Why nothing new is installed at this time; undefined when it is. */
export function heldBecause({ mode, freeze }: UpdateSettings, now: number): string | undefined {
  if (mode !== 'on') return `"update = ${mode}" is set: it is not installed`
  if (freeze === 'yes') return 'updates are frozen: "update_freeze = yes" is set'
  if (freeze === 'no' || now >= freeze.until) return undefined
  return `updates are frozen until ${isoTime(freeze.until)}`
}
