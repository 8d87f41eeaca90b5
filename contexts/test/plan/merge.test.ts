import { describe, expect, it } from 'vitest'
import { mergeResources } from '../../src/plan/merge.ts'
import type { EditResource, FileResource, Resource } from '../../src/plan/resource.ts'
import type { TextEdit } from '../../src/plan/text-edit.ts'
import { Secret } from '../../src/secret.ts'

function file(plugin: string, content: string | Secret, path = '/etc/f'): FileResource {
  const bytes = content instanceof Secret ? content : new TextEncoder().encode(content)
  return { kind: 'file', path, content: bytes, mode: 0o644, owner: {}, origin: { plugin } }
}

function edit(
  plugin: string,
  edits: readonly TextEdit[],
  whenMissing: EditResource['whenMissing'] = 'create',
): EditResource {
  return { kind: 'edit', path: '/etc/f', edits, whenMissing, mode: 0o644, origin: { plugin } }
}

function set(key: string, value: string): TextEdit {
  return { edit: 'set', key, value, separator: '=' }
}

function merged(...wishes: readonly Resource[]): { resources: readonly Resource[]; messages: readonly string[] } {
  const { resources, diagnostics } = mergeResources(wishes)
  return { resources, messages: diagnostics.map((one) => `${one.code}: ${one.message}`) }
}

describe('wishes of several plugins', () => {
  it('that are equal become one', () => {
    expect(merged(file('a', 'x'), file('b', 'x')).resources).toEqual([file('a', 'x')])
    const secret = new Secret('s')
    expect(merged(file('a', secret), file('b', new Secret('s'))).messages).toEqual([])
  })

  it('that differ at one address are a conflict, which names both and no content', () => {
    const { messages } = merged(file('a', new Secret('hunter2')), file('b', new Secret('swordfish')))
    expect(messages).toEqual(['conflict: "b" and "a" ask for different things: /etc/f'])
    expect(merged(file('a', 'x'), file('a', 'y')).messages).toHaveLength(1)
    expect(merged(file('a', 'x'), edit('b', [])).messages).toHaveLength(1)
  })

  it('keep the order of the first wish', () => {
    const first = file('a', 'x', '/1')
    const second = file('a', 'x', '/2')
    expect(merged(first, second, file('b', 'x', '/1')).resources).toEqual([first, second])
  })

  it('to edit one file are put together, and conflict by key', () => {
    const line: TextEdit = { edit: 'line', line: 'x' }
    const { resources, messages } = merged(
      edit('a', [set('A', '1'), line], 'skip'),
      edit('b', [set('A', '1'), set('B', '2'), line], 'create'),
    )
    expect(messages).toEqual([])
    expect(resources).toMatchObject([{ edits: [set('A', '1'), line, set('B', '2')], whenMissing: 'create' }])
    expect(merged(edit('a', [set('A', '1')]), edit('b', [set('A', '2')])).messages).toEqual([
      'conflict: "b" and "a" ask for different things: "A" in /etc/f',
    ])
  })

  it('for one service are put together', () => {
    const service = (plugin: string, restartOn: readonly string[]): Resource => ({
      kind: 'service',
      unit: 'sshd',
      restartOn,
      origin: { plugin },
    })
    const { resources, messages } = merged(service('a', ['/x']), service('b', ['/y', '/x']))
    expect(messages).toEqual([])
    expect(resources).toMatchObject([{ restartOn: ['/x', '/y'] }])
  })
})
