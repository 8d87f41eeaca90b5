import { HighlightStyle, StreamLanguage, type StreamParser, syntaxHighlighting } from '@codemirror/language'
import { shell } from '@codemirror/legacy-modes/mode/shell'
import { tags } from '@lezer/highlight'

interface ContextMode {
  /** State of the shell mode while inside the leading script. */
  script: unknown
  isFirstLine: boolean
  isValue: boolean
}

const HEADER = /^\[[^\]\s]+\]/

/** Colors of a context: the leading script as shell, then sections, keys, values and comments. Never decides meaning. */
const contextMode: StreamParser<ContextMode> = {
  name: 'muster-context',
  startState: () => ({ script: undefined, isFirstLine: true, isValue: false }),
  copyState: (state) => ({
    ...state,
    script: state.script === undefined ? undefined : (shell.copyState?.(state.script) ?? state.script),
  }),
  token(stream, state) {
    if (stream.sol()) {
      state.isValue = false
      if (state.isFirstLine) {
        state.isFirstLine = false
        if (stream.match('#!', false)) state.script = shell.startState?.(2) ?? {}
      }
      if (stream.match(HEADER)) {
        state.script = undefined
        return 'heading'
      }
    }
    if (state.script !== undefined) return shell.token(stream, state.script)
    return tokenOfIni(stream, state)
  },
  languageData: { commentTokens: { line: '#' } },
}

function tokenOfIni(stream: Parameters<StreamParser<ContextMode>['token']>[0], state: ContextMode): string | null {
  if (state.isValue) {
    stream.skipToEnd()
    return 'string'
  }
  if (stream.sol() && stream.match(/^\s*[#;].*/)) return 'comment'
  if (stream.match(/^[^=:]+(?=[=:])/)) return 'propertyName'
  if (stream.match(/^[=:]\s*/)) {
    state.isValue = true
    return 'operator'
  }
  stream.skipToEnd()
  return null
}

const colors = HighlightStyle.define([
  { tag: tags.heading, color: 'var(--code-heading)', fontWeight: '700' },
  { tag: [tags.propertyName, tags.definition(tags.variableName)], color: 'var(--code-key)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.comment, tags.meta], color: 'var(--code-comment)' },
  { tag: [tags.keyword, tags.standard(tags.name)], color: 'var(--code-keyword)' },
  { tag: [tags.number, tags.atom, tags.attributeName], color: 'var(--code-number)' },
  { tag: tags.operator, color: 'var(--mantine-color-dimmed)' },
])

/** CodeMirror extensions that color a context. */
export const contextLanguage = [StreamLanguage.define(contextMode), syntaxHighlighting(colors)]
