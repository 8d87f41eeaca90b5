import { describe, expect, it } from 'vitest'
import { type Change, type ChangeAction, hasEffect } from '../../src/plan/change.ts'
import { describeResource } from '../../src/plan/describe.ts'
import { renderChange, renderChanges } from '../../src/plan/render-change.ts'
import type { Resource, Undo } from '../../src/plan/resource.ts'
import { Secret } from '../../src/secret.ts'

const origin = { plugin: 'cernvm' }

function change(action: ChangeAction, resource: Resource, undo: Undo, notes: readonly string[] = []): Change {
  return { action, resource, undo, summary: describeResource(resource), notes }
}

const GROUP: Resource = { kind: 'group', name: 'wheel', isSystem: true, origin }
const PASSWORD: Resource = {
  kind: 'password',
  user: 'alice',
  password: { form: 'plain', secret: new Secret('hunter2') },
  origin,
}
const SERVICE: Resource = { kind: 'service', unit: 'squid', restartOn: [], origin }
const COMMAND: Resource = {
  kind: 'command',
  name: 'c',
  argv: ['/bin/echo', 'a b', ''],
  runAs: 'alice',
  completion: { oncePer: 'context' },
  timeoutSeconds: 1,
  onFailure: 'continue',
  origin,
}

describe('rendered changes', () => {
  it('have a sign, what cannot be undone, notes, and a summary', () => {
    const changes = [
      change('create', GROUP, 'exact'),
      change('update', PASSWORD, 'exact', ['needs root']),
      change('remove', SERVICE, 'best-effort'),
      change('run', COMMAND, 'none'),
      change('none', GROUP, 'exact'),
    ]
    expect(renderChanges(changes)).toBe(
      [
        '+ system group wheel',
        '~ password of alice: ••••••',
        '    needs root',
        '- service squid enabled and started (undone as well as possible)',
        '> command /bin/echo "a b" "" as alice, once for this context (cannot be undone)',
        '1 to create, 1 to change, 1 to remove, 1 to run, 1 as wanted.',
        '',
      ].join('\n'),
    )
    expect(renderChanges(changes, { isComplete: true })).toContain('\n= system group wheel\n')
    expect(hasEffect(changes)).toBe(true)
    expect(hasEffect(changes.slice(4))).toBe(false)
  })

  it('cannot steer the terminal', () => {
    const sly: Change = { ...change('create', GROUP, 'exact', ['\u001b[2J']), summary: 'a\r\u001b[1A\u202eb' }
    for (const obeyed of ['\u001b', '\r', '\u202e']) expect(renderChange(sly)).not.toContain(obeyed)
  })
})

describe('a described resource', () => {
  const secret = new Secret('hunter2')
  const rows: readonly (readonly [resource: Resource, text: string])[] = [
    [
      { kind: 'file', path: '/f', content: new Uint8Array(3), mode: 0o600, owner: { user: 'u' }, origin },
      'file /f (0600 u:root, 3 bytes)',
    ],
    [
      { kind: 'file', path: '/f', content: secret, mode: 0o600, owner: {}, origin },
      'file /f (0600 root:root, secret content ••••••)',
    ],
    [
      {
        kind: 'edit',
        path: '/f',
        edits: [
          { edit: 'set', key: 'A', value: '1', separator: '=' },
          { edit: 'set', key: 'B', value: 'hunter2', separator: '=', isSecret: true },
          { edit: 'set', key: 'C', value: undefined, separator: '=' },
          { edit: 'first-line', line: 'x' },
          { edit: 'line', line: 'y' },
          { edit: 'remove-matching', pattern: '^z' },
          { edit: 'replace-first', pattern: '^q', line: 'Q' },
        ],
        whenMissing: 'skip',
        mode: 0o644,
        origin,
      },
      'edit /f (if it exists): A=1, B=••••••, without C, first line "x", line "y", no line like ^z, line "Q" in place of the old one',
    ],
    [
      { kind: 'directory', path: '/d', mode: 0o755, owner: { user: 'a', group: 'b' }, origin },
      'directory /d (0755 a:b)',
    ],
    [{ kind: 'link', path: '/l', target: '/t', origin }, 'link /l -> /t'],
    [{ kind: 'group', name: 'g', isSystem: false, origin }, 'group g'],
    [
      {
        kind: 'user',
        name: 'u',
        group: 'g',
        shell: '/bin/sh',
        groups: ['users'],
        groupsWhenCreated: ['wheel'],
        origin,
      },
      'user u (group g; shell /bin/sh; also in users; when created in wheel)',
    ],
    [PASSWORD, 'password of alice: ••••••'],
    [
      { kind: 'password', user: 'u', password: { form: 'hash', secret }, origin },
      'password of u: •••••• (given as a hash)',
    ],
    [
      { kind: 'password', user: 'u', password: { form: 'generated' }, origin },
      'password of u: random, shown to nobody, unless the account has one',
    ],
    [{ kind: 'password', user: 'u', password: { form: 'locked' }, origin }, 'password of u: locked'],
    [
      { kind: 'ssh-key', user: 'root', key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHH me', origin },
      'ssh key of root: ssh-ed25519 …AAAAIHHH "me"',
    ],
    [
      { kind: 'service', unit: 's', restartOn: ['/a', '/b'], origin },
      'service s enabled and started, again when /a or /b changed',
    ],
    [{ kind: 'hostname', name: 'h', origin }, 'host name h'],
    [{ kind: 'swap', path: '/s', sizeMiB: 4096, origin }, 'swap file /s (4096 MiB)'],
    [{ kind: 'sysctl', key: 'k', value: 'v', origin }, 'kernel parameter k = v'],
    [
      {
        kind: 'script',
        phase: 'before',
        text: new Secret('#!/bin/sh\necho hunter2\n'),
        digest: 'd',
        interpreter: { program: '/bin/bash', posix: true },
        timeoutSeconds: 1,
        onFailure: 'continue',
        origin,
      },
      'script of 2 lines before everything else, by /bin/bash (POSIX mode), once for this context',
    ],
  ]
  for (const [resource, text] of rows) {
    it(`of kind ${resource.kind} reads "${text}"`, () => {
      expect(describeResource(resource)).toBe(text)
      expect(describeResource(resource)).not.toContain('hunter2')
    })
  }
})
