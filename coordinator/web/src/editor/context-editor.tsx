import { autocompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { EditorState } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import type { AnyContextPlugin } from '@muster/contexts/plugins/plugin.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react'
import { completeContext } from './context-completion.ts'
import { explainOnHover } from './context-hover.ts'
import { contextLanguage } from './context-language.ts'
import { toEditorDiagnostics } from './editor-diagnostics.ts'
import { editorTheme } from './editor-theme.ts'

/** What a page can ask of the editor. */
export interface EditorHandle {
  /** Puts the cursor on a line (from 1), shows it and focuses the editor. */
  goTo(line: number, column?: number): void
}

/** High enough to work in, low enough that the save buttons stay near. */
const EDITOR_HEIGHT = 'clamp(18rem, 62vh, 60rem)'

interface ContextEditorProps {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly diagnostics: readonly Diagnostic[]
  readonly plugins: readonly AnyContextPlugin[]
  readonly handle: RefObject<EditorHandle | null>
}

/** Text editor of a context: colors, problems in the gutter, completion and explanations from the plugins. */
export function ContextEditor({ text, onChange, diagnostics, plugins, handle }: ContextEditorProps) {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const report = useRef(onChange)
  const initialText = useRef(text)
  report.current = onChange

  useEffect(() => {
    if (box.current === null) return
    const editor = createView(box.current, initialText.current, plugins, (changed) => report.current(changed))
    view.current = editor
    return () => {
      initialText.current = editor.state.doc.toString()
      editor.destroy()
    }
  }, [plugins])

  useEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === text) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
  }, [text])

  useEffect(() => {
    const editor = view.current
    if (editor === null) return
    editor.dispatch(setDiagnostics(editor.state, toEditorDiagnostics(diagnostics, editor.state.doc)))
  }, [diagnostics])

  useImperativeHandle(handle, () => ({
    goTo: (line, column) => {
      if (view.current !== null) goTo(view.current, line, column ?? 1)
    },
  }))

  return <div ref={box} className="code-box" />
}

function createView(
  parent: HTMLElement,
  doc: string,
  plugins: readonly AnyContextPlugin[],
  onChange: (text: string) => void,
): EditorView {
  const extensions = [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    autocompletion({ override: [completeContext(plugins)] }),
    explainOnHover(plugins),
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap, ...lintKeymap]),
    contextLanguage,
    editorTheme,
    EditorView.theme({ '&': { height: EDITOR_HEIGHT }, '.cm-scroller': { overflow: 'auto' } }),
    EditorView.contentAttributes.of({ 'aria-label': 'Context text', tabindex: '0' }),
    EditorState.lineSeparator.of('\n'),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc.toString())
    }),
  ]
  return new EditorView({ parent, state: EditorState.create({ doc, extensions }) })
}

function goTo(editor: EditorView, line: number, column: number): void {
  const target = editor.state.doc.line(Math.min(Math.max(line, 1), editor.state.doc.lines))
  const anchor = Math.min(target.from + column - 1, target.to)
  editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) })
  editor.focus()
}
