import type { Resource } from '../../plan/resource.ts'
import { decodeBase64 } from '../../userdata/base64.ts'
import type { Option } from '../../userdata/ini.ts'
import type { ProblemList } from '../../userdata/problem.ts'
import { type Span, trimBlank } from '../../userdata/text.ts'
import { splitEntries } from '../option-values.ts'

/** One entry of `desktop_icons`. */
export interface DesktopIcon {
  /** File name without `.desktop`, with spaces. */
  readonly name: string
  readonly content: Uint8Array
  readonly span: Span
}

const ICON_DIR = '/etc/skel/Desktop'
const LXDM_CONFIG = '/etc/lxdm/lxdm.conf'
const DEFAULT_TARGET = '/etc/systemd/system/default.target'

/** Reads `desktop_icons`: `NAME,BASE64` separated by `%`. */
export function readIcons(option: Option | undefined, problems: ProblemList): readonly DesktopIcon[] {
  return splitEntries(option, '%').flatMap(({ text, span }) => {
    const comma = text.indexOf(',')
    const name = trimBlank(text.slice(0, Math.max(comma, 0)).replaceAll('~', ' '))
    const content = decodeBase64(text.slice(comma + 1))
    if (!isIconName(name)) {
      problems.add('invalid-value', span, 'An icon needs a name that can be a file name', 'Write NAME,BASE64.')
    }
    if (content === undefined || content.length === 0) {
      problems.add('invalid-value', span, 'The icon is not base64', 'Use "base64 -w0 FILE.desktop".')
      return []
    }
    return [{ name, content, span }]
  })
}

function isIconName(name: string): boolean {
  return /^[^/\p{Cc}]{1,100}$/u.test(name) && !name.startsWith('.')
}

/** Icons for everybody whose home is made later; so they come before the users. */
export function planIcons(icons: readonly DesktopIcon[]): readonly Resource[] {
  const [first] = icons
  if (first === undefined) return []
  return [
    { kind: 'directory', path: ICON_DIR, mode: 0o755, owner: {}, origin: { plugin: 'cernvm', span: first.span } },
    ...icons.map(
      ({ name, content, span }): Resource => ({
        kind: 'file',
        path: `${ICON_DIR}/${name}.desktop`,
        content,
        mode: 0o755,
        owner: {},
        origin: { plugin: 'cernvm', span },
      }),
    ),
  ]
}

/** What decides whether and how a desktop starts. */
export interface DesktopSettings {
  /** Undefined: the context says nothing about it, and nothing is changed. */
  readonly edition: string | undefined
  readonly editionSpan: Span
  readonly isXdmStarted: boolean
  readonly isAutoLogin: boolean
  readonly firstUser: string | undefined
}

/** Default target and automatic login (CONTEXT-SPEC 2.3.2); they take effect at the next boot. */
export function planDesktop(settings: DesktopSettings): readonly Resource[] {
  const { edition, editionSpan: span, isXdmStarted, isAutoLogin, firstUser } = settings
  if (edition === undefined) return []
  const origin = { plugin: 'cernvm', span }
  const isDesktop = edition === 'Desktop'
  const target = `/usr/lib/systemd/system/${isDesktop && isXdmStarted ? 'graphical' : 'multi-user'}.target`
  const link: Resource = { kind: 'link', path: DEFAULT_TARGET, target, origin }
  if (!isDesktop) return [link]
  const isLoggedIn = isAutoLogin && firstUser !== undefined
  return [
    link,
    {
      kind: 'edit',
      path: LXDM_CONFIG,
      edits: [
        isLoggedIn
          ? { edit: 'replace-first', pattern: '^\\s*#?\\s*autologin\\s*=', line: `autologin=${firstUser}` }
          : { edit: 'remove-matching', pattern: '^\\s*autologin\\s*=' },
      ],
      whenMissing: 'skip',
      mode: 0o644,
      origin,
    },
  ]
}
