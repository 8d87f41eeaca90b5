import { describe, expect, it } from 'vitest'
import { applyTextEdits } from '../../src/plan/text-edit-apply.ts'
import { FACTS } from '../example-facts.ts'
import { planText } from './plan-text.ts'

const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG0Bd3Bn4oL6J4bXk0TgkqUuGSqGRZUjJ9CLyzDGnYXf alice@example.org'
const RSA = `ssh-rsa ${Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from('ssh-rsa'), Buffer.alloc(40)]).toString('base64')}`

describe('rootsshkeys', () => {
  function keysOf(publicKeys: readonly string[]): ReturnType<typeof planText> {
    return planText('', { metadata: { publicKeys } })
  }

  it('takes every well-formed key of the cloud once, trimmed', () => {
    const planned = keysOf([ED25519, `${ED25519}\n`, ` ${RSA} \n`])
    expect(planned.of('ssh-key')).toMatchObject([
      { user: 'root', key: ED25519 },
      { user: 'root', key: RSA },
    ])
    expect(planned.codes).toEqual([])
  })

  it('refuses what is no key and says how many were', () => {
    const bad = [
      '<html>not found</html>',
      'ssh-rsa AAAA',
      'ssh-ed25519 !!!!',
      RSA.replace('ssh-rsa', 'ssh-ed25519'),
      `command="rm -rf /" ${ED25519}`,
      `${ED25519}\nssh-rsa evil`,
      'ssh-rsa',
    ]
    const planned = keysOf([...bad, '', ED25519])
    expect(planned.of('ssh-key')).toHaveLength(1)
    expect(planned.diagnostics).toMatchObject([
      { code: 'ssh-key-invalid', message: expect.stringMatching(/^7 of the keys/) },
    ])
  })

  it('can be switched off', () => {
    const planned = planText('[amiconfig]\ndisabled_plugins=rootsshkeys\n', { metadata: { publicKeys: [ED25519] } })
    expect(planned.of('ssh-key')).toEqual([])
  })
})

describe('hostname', () => {
  const SELECT = '[amiconfig]\nplugins=hostname\n'

  it('is what the section says, or else the cloud', () => {
    expect(planText(`${SELECT}[hostname]\nhostname=node1.example.org\n`).of('hostname')).toMatchObject([
      { name: 'node1.example.org' },
    ])
    const metadata = { publicKeys: [], localHostname: 'ip-10-0-0-2.internal' }
    expect(planText(SELECT, { metadata }).of('hostname')).toMatchObject([{ name: 'ip-10-0-0-2.internal' }])
  })

  it('stays as it is, with a warning, when nobody gives a good one', () => {
    for (const localHostname of [undefined, 'bad_name', 'x;reboot']) {
      const metadata = { publicKeys: [], ...(localHostname === undefined ? {} : { localHostname }) }
      const planned = planText(SELECT, { metadata })
      expect(planned.of('hostname')).toEqual([])
      expect(planned.codes).toEqual(['warning:no-hostname'])
    }
  })

  it('must be a name of RFC 1123', () => {
    for (const name of ['-a', 'a-', 'a..b', 'a_b', 'a b', `${'a'.repeat(64)}.org`, 'a.'.repeat(130)]) {
      const planned = planText(`${SELECT}[hostname]\nhostname=${name}\n`)
      expect(planned.codes, name).toEqual(['error:invalid-value'])
    }
  })
})

describe('disablesshpasswdauth', () => {
  const SELECT = '[amiconfig]\nplugins=disablesshpasswdauth\n'

  it('switches passwords off once, even in a comment, and comments the others out', () => {
    const [edit] = planText(SELECT)
      .of('edit')
      .filter((one) => one.path === '/etc/ssh/sshd_config')
    const before = 'Port 22\n#PasswordAuthentication yes\n#PermitEmptyPasswords no\nPasswordAuthentication yes\n'
    const after = 'Port 22\nPasswordAuthentication no\n#PermitEmptyPasswords no\n# PasswordAuthentication yes\n'
    expect(edit?.whenMissing).toBe('skip')
    expect(applyTextEdits(before, edit?.edits ?? [])).toBe(after)
    expect(applyTextEdits(after, edit?.edits ?? [])).toBe(after)
  })

  it('starts the ssh service of the distribution again when a file changed', () => {
    const restartOn = ['/etc/ssh/sshd_config', '/etc/ssh/sshd_config.d/50-cloud-init.conf']
    expect(planText(SELECT).of('service')).toMatchObject([{ unit: 'ssh', restartOn }])
    const os = { ...FACTS.os, id: 'almalinux' }
    expect(planText(SELECT, { os }).of('service')).toMatchObject([{ unit: 'sshd', restartOn }])
  })
})

describe('squid', () => {
  const SELECT = '[amiconfig]\nplugins=squid\n'

  it('writes its configuration and has it read first (C29)', () => {
    const planned = planText(`${SELECT}[squid]\nbackends=a,b\ncache_dir_size=1000\n`)
    expect(planned.file('/etc/squid/cernvm.conf')).toBe(
      [
        'max_filedesc 8192',
        'maximum_object_size 1024 MB',
        'cache_mem 128 MB',
        'maximum_object_size_in_memory 128 KB',
        'cache_dir ufs /var/spool/squid 1000 16 256',
        'acl backend dst a',
        'acl backend dst b',
        'http_access allow backend',
        '',
      ].join('\n'),
    )
    const include = 'include /etc/squid/cernvm.conf'
    expect(planned.file('/etc/squid/squid.conf', `http_port 3128\n${include}\n`)).toBe(`${include}\nhttp_port 3128\n`)
    expect(planned.file('/etc/sysconfig/squid', 'ulimit -n 4096\nX=1\n')).toBe('X=1\nulimit -n 10000\n')
    expect(planned.of('command')).toMatchObject([{ completion: { creates: '/var/spool/squid/00' } }])
    expect(planned.of('service')).toMatchObject([{ unit: 'squid' }])
    expect(planned.codes).toEqual([])
  })

  it('works without a section, with its defaults', () => {
    const config = planText(SELECT).file('/etc/squid/cernvm.conf')
    expect(config).toContain('cache_dir ufs /var/spool/squid 50000 16 256\n')
    expect(config).not.toContain('backend')
  })

  it('refuses hosts, paths and sizes that are none', () => {
    for (const line of [
      'backends=a b',
      'backends=a,http://b',
      'cache_dir=spool',
      'cache_dir=/a b',
      'cache_dir=/a/../b',
      'cache_dir_size=0',
      'cache_dir_size=1e9',
    ]) {
      expect(planText(`${SELECT}[squid]\n${line}\n`).codes, line).toEqual(['error:invalid-value'])
    }
  })
})
