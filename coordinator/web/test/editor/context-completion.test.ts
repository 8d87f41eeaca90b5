import { CompletionContext } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { describe, expect, test } from 'vitest'
import { completeContext } from '../../src/editor/context-completion.ts'
import { EDITOR_PLUGINS } from '../../src/editor/plugins.ts'

/** Labels offered where `|` stands. */
function offered(text: string, isExplicit = false): readonly string[] {
  const pos = text.indexOf('|')
  const state = EditorState.create({ doc: text.replace('|', '') })
  const result = completeContext(EDITOR_PLUGINS)(new CompletionContext(state, pos, isExplicit))
  return result?.options.map((option) => option.label) ?? []
}

describe('completion', () => {
  test('offers the sections of the plugins at an open bracket', () => {
    expect(offered('[cer|')).toContain('[cernvm]')
  })

  test('offers the keys of the section', () => {
    expect(offered('[cernvm]\nus|')).toContain('users')
    expect(offered('[cernvm]\n|', true)).toContain('environment')
  })

  test('offers nothing on an empty line unless asked, nor outside of known sections', () => {
    expect(offered('[cernvm]\n|')).toEqual([])
    expect(offered('[unknown]\nus|')).toEqual([])
    expect(offered('us|')).toEqual([])
  })

  test('offers the values of a switch', () => {
    expect(offered('[cernvm]\nauto_login=|')).toEqual(['on', 'off'])
  })
})
