import { type EditorView, hoverTooltip, type Tooltip } from '@codemirror/view'
import type { AnyContextPlugin } from '@muster/contexts/plugins/plugin.ts'
import { findKey } from './context-completion.ts'
import { sectionAt } from './section-at.ts'

/** Explains the key or section under the mouse from the plugins' schemas. */
export function explainOnHover(plugins: readonly AnyContextPlugin[]) {
  return hoverTooltip((view, position): Tooltip | null => {
    const line = view.state.doc.lineAt(position)
    const separator = line.text.search(/[=:]/)
    const isOnKey = line.text.startsWith('[') || (separator > 0 && position - line.from <= separator)
    const text = isOnKey ? explainLine(plugins, view, line.number) : undefined
    if (text === undefined) return null
    return { pos: line.from, end: line.to, above: false, create: () => ({ dom: paragraphs(text) }) }
  })
}

function explainLine(
  plugins: readonly AnyContextPlugin[],
  view: EditorView,
  line: number,
): readonly string[] | undefined {
  const lineText = (number: number) => view.state.doc.line(number).text
  const plugin = plugins.find((candidate) => candidate.section === sectionAt(lineText, line))
  if (plugin === undefined) return undefined
  if (lineText(line).startsWith('[')) return [plugin.title, plugin.schema.description]
  const key = findKey(plugin, lineText(line).split(/[=:]/, 1)[0]?.trim() ?? '')
  if (key === undefined) return undefined
  const text = [`${key.key} (${key.type})`, key.description]
  if (key.example !== undefined) text.push(`Example: ${key.key}=${key.example}`)
  if (key.default !== undefined) text.push(`Without it: ${key.default}`)
  if (key.ignored !== undefined) text.push(`Has no effect: ${key.ignored}`)
  return text
}

function paragraphs(lines: readonly string[]): HTMLElement {
  const box = document.createElement('div')
  box.className = 'cm-diagnostic'
  for (const [index, text] of lines.entries()) {
    const line = box.appendChild(document.createElement(index === 0 ? 'strong' : 'div'))
    line.textContent = text
  }
  return box
}
