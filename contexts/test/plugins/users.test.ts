import { describe, expect, it } from 'vitest'
import { readPassword } from '../../src/plugins/cernvm/users.ts'
import { planText } from './plan-text.ts'

const HASH = '$6$WIjSh7.v$jgTz4226ZKro4B1TmeMjWr09LYgKG0qzNIp.iWFAdoJVb4Vgsierq'

describe('users', () => {
  it('come with their groups first: wheel, then a system group of another name', () => {
    const planned = planText(`[cernvm]\nusers=a:g:${HASH}\n`)
    expect(planned.resources.slice(1)).toMatchObject([
      { kind: 'group', name: 'wheel', isSystem: true },
      { kind: 'group', name: 'g', isSystem: true },
      {
        kind: 'user',
        name: 'a',
        group: 'g',
        shell: '/bin/bash',
        groups: ['users'],
        groupsWhenCreated: ['wheel', 'docker', 'sudo'],
      },
      { kind: 'password', user: 'a', password: { form: 'hash' } },
    ])
  })

  it('have a group of their own when it bears their name', () => {
    const planned = planText(`[cernvm]\nusers=u:u:${HASH}\n`)
    expect(planned.of('group')).toMatchObject([{ name: 'wheel' }, { name: 'u', isSystem: false }])
    expect(planned.of('user')).toMatchObject([{ groups: [] }])
  })

  it('let the first one alone administrate (C5)', () => {
    const planned = planText('[cernvm]\nusers=a:g:p,b:h:q\n')
    expect(planned.of('user').map((one) => [one.name, one.groupsWhenCreated])).toEqual([
      ['a', ['wheel', 'docker', 'sudo']],
      ['b', []],
    ])
    expect(planned.file('/etc/cernvm/site.conf')).toContain('CERNVM_USER=a\nCERNVM_USER_GROUP=g\n')
  })

  it('may share a group, also one that is named after one of them', () => {
    const planned = planText('[cernvm]\nusers=a:a:p,b:a:q,c:b:\n')
    expect(planned.of('group').map((one) => [one.name, one.isSystem])).toEqual([
      ['wheel', true],
      ['a', false],
      ['b', false],
    ])
    expect(planned.codes.filter((one) => one.startsWith('error'))).toEqual([])
  })

  it('get a password that is drawn on the machine when none is given (C4)', () => {
    expect(planText('[cernvm]\nusers=a:g:\n').of('password')).toMatchObject([
      { user: 'a', password: { form: 'generated' } },
    ])
  })

  it('are trimmed (C7)', () => {
    const planned = planText('[cernvm]\nusers= a:g:p , b:h:q\n')
    const secrets = planned
      .of('password')
      .map(({ user, password }) => [user, 'secret' in password && password.secret.reveal()])
    expect(secrets).toEqual([
      ['a', 'p'],
      ['b', 'q'],
    ])
  })

  it('are nobody for an empty value', () => {
    expect(planText('[cernvm]\nusers=\n').of('user')).toEqual([])
    expect(planText('[cernvm]\nusers=\n').codes).toEqual([])
  })

  it('without a group belong to the first organisation, or to themselves', () => {
    expect(planText('[cernvm]\norganisations=ALICE,LHCB\nusers=a::p\n').of('user')).toMatchObject([{ group: 'alice' }])
    expect(planText('[cernvm]\nusers=a::p\n').of('user')).toMatchObject([{ group: 'a' }])
  })

  it('have a password whose hash is kept whatever its kind, and never shown (C8)', () => {
    const hashes = [
      '$6$salt$hash',
      '$6$rounds=5000$s$h',
      '$1$s$h',
      '$5$s$h',
      '$2a$05$x',
      '$2y$10$x',
      '$2b$12$x',
      '$y$j9T$s$h',
      '$gy$j9T$s$h',
      '$7$C6..../....s$h',
      '$sha1$1$s$h',
      '$argon2id$v=19$m=1$s$h',
    ]
    for (const hash of hashes) {
      const value = readPassword(hash)
      expect(value.form, hash).toBe('hash')
      expect('secret' in value && value.secret.reveal(), hash).toBe(hash)
    }
    for (const plain of ['password', '$', '$6', '$6$', '$100', '$money$', '6$x$y', '$unknown$s$h']) {
      expect(readPassword(plain).form, plain).toBe('plain')
    }
    expect(JSON.stringify(planText(`[cernvm]\nusers=a:a:${HASH}\n`))).not.toContain('WIjSh7')
  })

  it('that are written wrong are pointed at one by one', () => {
    const text = '[cernvm]\nusers=a:b, 0x:g:p,a:g:p,a:g:q,x:../y:p,root:wheel:p, toor:toor:p:q\n'
    const planned = planText(text)
    const places = planned.diagnostics
      .filter((one) => one.severity === 'error')
      .map((one) => text.slice(one.span.start.offset, one.span.end.offset))
    expect(places).toEqual(['a:b', '0x:g:p', 'a:g:q', 'x:../y:p', 'root:wheel:p', 'toor:toor:p:q'])
    expect(planned.resources).toEqual([])
    expect(JSON.stringify(planned.diagnostics)).not.toContain('q"')
  })

  it('may be root, who needs no group to administrate', () => {
    expect(planText(`[cernvm]\nusers=root:root:${HASH}\n`).of('user')).toMatchObject([{ groupsWhenCreated: [] }])
  })

  it('with a plain password are told that a hash is possible', () => {
    const planned = planText('[cernvm]\nusers=a:a:hunter2\n')
    expect(planned.codes).toEqual(['info:plain-password'])
    expect(JSON.stringify(planned.diagnostics)).not.toContain('hunter2')
  })
})
