/** What login.defs and default/useradd say about new accounts, with the defaults of shadow-utils. */
export interface LoginDefs {
  readonly uidMin: number
  readonly uidMax: number
  readonly gidMin: number
  readonly gidMax: number
  readonly systemGidMin: number
  readonly systemGidMax: number
  readonly subordinate: { readonly min: number; readonly max: number; readonly count: number }
  readonly passwordDays: { readonly min: number; readonly max: number; readonly warn: number }
  /** Permission bits of a new home. */
  readonly homeMode: number
  readonly homeBase: string
  readonly skeleton: string
  readonly mailDirectory: string
  readonly hasMailSpool: boolean
}

/** @see shadow-utils, man 5 login.defs, man 8 useradd */
export function decodeLoginDefs(loginDefs: string, useraddDefaults: string): LoginDefs {
  const defs = settingsOf(loginDefs, /^\s*([A-Z_]+)\s+"?([^"\s#]*)/)
  const useradd = settingsOf(useraddDefaults, /^\s*([A-Z_]+)=\s*"?([^"\s#]*)/)
  const number = (key: string, fallback: number) => numberOf(defs.get(key), fallback)
  return {
    uidMin: number('UID_MIN', 1000),
    uidMax: number('UID_MAX', 60000),
    gidMin: number('GID_MIN', 1000),
    gidMax: number('GID_MAX', 60000),
    systemGidMin: number('SYS_GID_MIN', 101),
    systemGidMax: number('SYS_GID_MAX', number('GID_MIN', 1000) - 1),
    subordinate: {
      min: number('SUB_UID_MIN', 100_000),
      max: number('SUB_UID_MAX', 600_100_000),
      count: number('SUB_UID_COUNT', 65_536),
    },
    passwordDays: {
      min: number('PASS_MIN_DAYS', -1),
      max: number('PASS_MAX_DAYS', -1),
      warn: number('PASS_WARN_AGE', -1),
    },
    homeMode: modeOf(defs),
    homeBase: useradd.get('HOME') ?? '/home',
    skeleton: useradd.get('SKEL') ?? '/etc/skel',
    mailDirectory: defs.get('MAIL_DIR') ?? '/var/mail',
    hasMailSpool: useradd.get('CREATE_MAIL_SPOOL')?.toLowerCase() === 'yes',
  }
}

function settingsOf(text: string, pattern: RegExp): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = pattern.exec(line)
    if (match?.[1] !== undefined && match[2] !== undefined && match[2] !== '') settings.set(match[1], match[2])
  }
  return settings
}

/** Numbers are decimal, octal with a leading 0, or hexadecimal, as strtol reads them. */
function numberOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text)
  return Number.isInteger(value) ? value : fallback
}

function modeOf(defs: ReadonlyMap<string, string>): number {
  const explicit = defs.get('HOME_MODE')
  if (explicit !== undefined && /^[0-7]{1,4}$/.test(explicit)) return Number.parseInt(explicit, 8)
  const umask = defs.get('UMASK')
  return 0o777 & ~(umask !== undefined && /^[0-7]{1,4}$/.test(umask) ? Number.parseInt(umask, 8) : 0o022)
}
