import { MergeView, unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { contextLanguage } from './context-language.ts'
import { editorTheme } from './editor-theme.ts'

interface TextDifferenceProps {
  readonly before: string
  readonly after: string
  readonly labels: readonly [string, string]
}

const SHARED = [
  lineNumbers(),
  contextLanguage,
  editorTheme,
  EditorState.readOnly.of(true),
  EditorState.lineSeparator.of('\n'),
  EditorView.lineWrapping,
]
const COLLAPSE = { margin: 3, minSize: 6 }

/** Two texts and what differs: side by side, or in one column on small screens. Equal parts are folded. */
export function TextDifference({ before, after, labels }: TextDifferenceProps) {
  const box = useRef<HTMLDivElement>(null)
  const isWide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  const [first, second] = labels
  useEffect(() => {
    if (box.current === null || before === after) return
    const name = (label: string) =>
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' })
    if (isWide) {
      const view = new MergeView({
        parent: box.current,
        a: { doc: before, extensions: [SHARED, name(first)] },
        b: { doc: after, extensions: [SHARED, name(second)] },
        collapseUnchanged: COLLAPSE,
      })
      return () => view.destroy()
    }
    const unified = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: COLLAPSE })
    const view = new EditorView({
      parent: box.current,
      state: EditorState.create({ doc: after, extensions: [SHARED, unified, name(`${first} to ${second}`)] }),
    })
    return () => view.destroy()
  }, [before, after, first, second, isWide])
  if (before === after) return <Text c="dimmed">The two texts are the same.</Text>
  return <div ref={box} className="code-box" />
}
