import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { contextLanguage } from './context-language.ts'
import { editorTheme } from './editor-theme.ts'

/** A context text to read, with colors and line numbers; can be selected, not changed. */
export function TextView({ text, label = 'Context text' }: { readonly text: string; readonly label?: string }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (box.current === null) return
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          contextLanguage,
          editorTheme,
          EditorState.readOnly.of(true),
          EditorState.lineSeparator.of('\n'),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
          EditorView.theme({ '&': { maxHeight: '70vh' }, '.cm-scroller': { overflow: 'auto' } }),
        ],
      }),
    })
    return () => view.destroy()
  }, [text, label])
  return <div ref={box} className="code-box" />
}
