import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planText } from './plan-text.ts'

const SITE = '/etc/cernvm/site.conf'
const CVMFS = '/etc/cvmfs/site.conf'
const DEFAULT_CONTEXT = new URL('../../../tests/testdata/public-contexts/default.context', import.meta.url)

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function lines(text: string | undefined): readonly string[] {
  return text?.trimEnd().split('\n').toSorted() ?? []
}

describe('[cernvm] and its files', () => {
  it('records what the default context says, the shell too (C1)', () => {
    const planned = planText(readFileSync(DEFAULT_CONTEXT, 'utf8'))
    expect(lines(planned.file(SITE))).toEqual([
      'CERNVM_AUTOLOGIN=on',
      'CERNVM_EDITION=Desktop',
      'CERNVM_KEYBOARD=us-acentos',
      'CERNVM_SCREEN_RES=1280x800',
      'CERNVM_START_XDM=on',
      'CERNVM_USER=user',
      'CERNVM_USER_GROUP=user',
      'CERNVM_USER_SHELL=/bin/bash',
    ])
    expect(planned.file(CVMFS)).toBe('CVMFS_REPOSITORIES=sft,grid\n')
    expect(planned.of('user')).toMatchObject([{ name: 'user', group: 'user', shell: '/bin/bash' }])
    const [password] = planned.of('password')
    expect(password?.password.form === 'plain' && password.password.secret.reveal()).toBe('password')
    expect(planned.of('link')).toMatchObject([
      { path: '/etc/systemd/system/default.target', target: '/usr/lib/systemd/system/graphical.target' },
    ])
  })

  it('records the default shell and no automatic login without a section (C2)', () => {
    const planned = planText('')
    expect(lines(planned.file(SITE))).toEqual(['CERNVM_AUTOLOGIN=off', 'CERNVM_USER_SHELL=/bin/bash'])
    expect(planned.resources).toHaveLength(1)
  })

  it('removes the entry of an option that is given empty, and leaves alone what is not given', () => {
    const before = 'CERNVM_ORGANISATION=ALICE\nCERNVM_KEYBOARD=us\n'
    const site = planText('[cernvm]\norganisations=\n').file(SITE, before)
    expect(site).not.toContain('ORGANISATION')
    expect(site).toContain('CERNVM_KEYBOARD=us')
    expect(planText('[cernvm]\nrepositories=\n').file(CVMFS, 'CVMFS_REPOSITORIES=a\n')).toBe('')
  })

  it('does not lose CERNVM_USER_SHELL when users are set, on a second run either', () => {
    const planned = planText('[cernvm]\nusers=a:g:$6$s$h\nshell=/bin/tcsh\n')
    const once = planned.file(SITE)
    expect(once).toContain('CERNVM_USER=a\nCERNVM_USER_GROUP=g\nCERNVM_USER_SHELL=/bin/tcsh\n')
    expect(planned.file(SITE, once)).toBe(once)
  })

  it('records every other option', () => {
    const text = [
      '[cernvm]',
      'organisations= ALICE , ATLAS',
      'entitlement_key=k1',
      'contextualization_key=0123456789abcdef0123456789abcdef',
      'griduiversion=3.2',
      'proxy="http://squid.example.org:3128;DIRECT"',
      'swap_size=2g',
      'services=sshd, docker.service',
      'startxdm=no',
    ].join('\n')
    const planned = planText(text)
    expect(lines(planned.file(SITE))).toEqual([
      'CERNVM_AUTOLOGIN=off',
      'CERNVM_CONTEXTUALIZATION_KEY=0123456789abcdef0123456789abcdef',
      'CERNVM_GRID_UI_VERSION=3.2',
      'CERNVM_ORGANISATION=ALICE,ATLAS',
      'CERNVM_SERVICES=sshd,docker',
      'CERNVM_START_XDM=off',
      'CERNVM_SWAP_SIZE=2g',
      'CERNVM_USER_SHELL=/bin/bash',
    ])
    expect(lines(planned.file(CVMFS))).toEqual([
      'CVMFS_ENTITLEMENT_KEY=k1',
      'CVMFS_HTTP_PROXY="http://squid.example.org:3128;DIRECT"',
    ])
    expect(planned.codes).toEqual([])
  })

  it('masks keys, and a proxy with a password, wherever the plan is shown', () => {
    const text = '[cernvm]\nentitlement_key=hunter2\ncontextualization_key=ID:hunter2\nproxy=http://u:hunter2@p:3128\n'
    const edits = planText(text)
      .of('edit')
      .flatMap((one) => one.edits)
    for (const edit of edits) {
      if (edit.edit === 'set' && edit.value?.includes('hunter2')) expect(edit.isSecret, edit.key).toBe(true)
    }
    expect(planText(text).codes).toEqual(['info:readable-secret'])
  })

  it('accepts config_url and group_profile without effect', () => {
    const planned = planText('[cernvm]\nconfig_url=http://cernvm.cern.ch/config\ngroup_profile=x\n')
    expect(planned.codes).toEqual(['info:key-without-effect', 'info:key-without-effect'])
    expect(planned.resources).toHaveLength(1)
  })
})

describe('repositories of others', () => {
  it('get a configuration and a key', () => {
    const planned = planText(
      `[cernvm]\nextra_repositories=a.example.org|s.example.org:8000|${base64('PEM')},b.x|s.x|${base64('KEY\n')}\n`,
    )
    expect(planned.file('/etc/cvmfs/config.d/a.example.org.conf')).toBe(
      'CVMFS_SERVER_URL=http://s.example.org:8000/cvmfs/a.example.org\nCVMFS_PUBLIC_KEY=/etc/cvmfs/keys/a.example.org.pub\n',
    )
    expect(planned.file('/etc/cvmfs/keys/a.example.org.pub')).toBe('PEM\n')
    expect(planned.file('/etc/cvmfs/keys/b.x.pub')).toBe('KEY\n')
  })

  it('never leave the folder of the configuration (C13)', () => {
    for (const name of ['../../x', '..', '.x', 'a/b', 'a b', '-x', 'a..b']) {
      const planned = planText(`[cernvm]\nextra_repositories=${name}|s|UEVN\n`)
      expect(planned.resources, name).toEqual([])
      expect(planned.codes, name).toEqual(['error:invalid-value'])
      expect(planText(`[cernvm]\nrepositories=${name}\n`).codes, name).toEqual(['error:invalid-value'])
    }
  })

  it('need a key and a host; entries of another shape are left out with a warning', () => {
    expect(planText('[cernvm]\nextra_repositories=a|s|!!!\n').codes).toEqual(['error:invalid-value'])
    expect(planText('[cernvm]\nextra_repositories=a|s|\n').codes).toEqual(['error:invalid-value'])
    expect(planText('[cernvm]\nextra_repositories=a|s/../x|UEVN\n').codes).toEqual(['error:invalid-value'])
    const planned = planText('[cernvm]\nextra_repositories=lonely,a|s|UEVN\n')
    expect(planned.codes).toEqual(['warning:entry-ignored'])
    expect(planned.of('file')).toHaveLength(1)
  })
})

describe('the environment', () => {
  const PATH = '/etc/cernvm/environment.conf'

  it('is a line for each variable, and their list (C10)', () => {
    const planned = planText('[cernvm]\nenvironment=A=1,B=2\n')
    expect(planned.file(PATH)).toBe('A=1\nB=2\n')
    expect(planned.file(SITE)).toContain('CERNVM_ENVIRONMENT_VARS=+A+B\n')
  })

  it('splits at the first = (C11), takes quotes off, and quotes what a shell would touch', () => {
    expect(planText('[cernvm]\nenvironment=A=x=y\n').file(PATH)).toBe('A=x=y\n')
    expect(planText('[cernvm]\nenvironment=A="x y", B=a;b ,C=\n').file(PATH)).toBe('A="x y"\nB="a;b"\nC=\n')
  })

  it('is written as it stands, and says so', () => {
    const planned = planText('[cernvm]\nenvironment=A=$HOME/x\n')
    expect(planned.file(PATH)).toBe('A="\\$HOME/x"\n')
    expect(planned.codes).toEqual(['warning:not-expanded'])
  })

  it('masks values whose name says that they are secret', () => {
    const [edit] = planText('[cernvm]\nenvironment=API_TOKEN=hunter2\n')
      .of('edit')
      .filter((one) => one.path === PATH)
    expect(edit?.edits).toMatchObject([{ key: 'API_TOKEN', isSecret: true }])
  })

  it('points at an entry that is none', () => {
    const text = '[cernvm]\nenvironment=A=1,B,2C=x\n'
    const { diagnostics } = planText(text)
    const places = diagnostics.map((one) => text.slice(one.span.start.offset, one.span.end.offset))
    expect(places).toEqual(['B', '2C=x'])
  })
})

describe('desktop and edition', () => {
  it('puts icons where new homes come from, before the users (C17)', () => {
    const planned = planText('[cernvm]\ndesktop_icons=My~Icon,RklMRQ==%B,Qg==\nusers=u:u:$6$s$h\n')
    expect(planned.file('/etc/skel/Desktop/My Icon.desktop')).toBe('FILE')
    expect(planned.file('/etc/skel/Desktop/B.desktop')).toBe('B')
    const kinds = planned.resources.map((one) => one.kind)
    expect(kinds.lastIndexOf('file')).toBeLessThan(kinds.indexOf('user'))
    expect(planned.of('file').map((one) => one.mode)).toEqual([0o755, 0o755])
  })

  it('refuses icons that would land elsewhere or are not base64', () => {
    for (const icon of ['../x,QQ==', '.x,QQ==', ',QQ==', 'x', 'x,???', 'x,']) {
      const { codes } = planText(`[cernvm]\ndesktop_icons=${icon}\n`)
      expect(new Set(codes), icon).toEqual(new Set(['error:invalid-value']))
    }
  })

  it('starts no desktop for another edition, or when told not to, and decides nothing without an edition', () => {
    const target = (text: string): string | undefined => planText(`[cernvm]\n${text}\n`).of('link')[0]?.target
    expect(target('edition=Desktop')).toMatch(/graphical\.target$/)
    expect(target('edition=Desktop\nstartxdm=off')).toMatch(/multi-user\.target$/)
    expect(target('edition=Basic')).toMatch(/multi-user\.target$/)
    expect(target('startxdm=on')).toBeUndefined()
    expect(target('edition=')).toBeUndefined()
    expect(planText('[cernvm]\nedition=desktop\n').codes).toEqual(['warning:unusual-value'])
  })

  it('logs the first user in only where lxdm is, and takes it back', () => {
    const config = '/etc/lxdm/lxdm.conf'
    const before = '[base]\n# autologin=dgod\nsession=/usr/bin/startlxde\n'
    const on = planText('[cernvm]\nusers=u:u:$6$s$h\nedition=Desktop\nauto_login=on\n')
    expect(on.file(config, before)).toBe('[base]\nautologin=u\nsession=/usr/bin/startlxde\n')
    expect(on.of('edit').find((one) => one.path === config)?.whenMissing).toBe('skip')
    const off = planText('[cernvm]\nusers=u:u:$6$s$h\nedition=Desktop\n')
    expect(off.file(config, '[base]\nautologin=u\n')).toBe('[base]\n')
  })
})

describe('services, command and swap', () => {
  it('come after the users, the command last of all', () => {
    const text =
      '[cernvm]\nusers=u:u:$6$s$h\nservices=sshd,docker\ncontextualization_command=u:/bin/echo hi | tee /tmp/x\n'
    const planned = planText(text)
    expect(planned.resources.slice(-3)).toMatchObject([
      { kind: 'service', unit: 'sshd' },
      { kind: 'service', unit: 'docker' },
      {
        kind: 'command',
        runAs: 'u',
        argv: ['/bin/bash', '-l', '-c', '/bin/echo hi | tee /tmp/x'],
        completion: { oncePer: 'context' },
        onFailure: 'continue',
      },
    ])
  })

  it('refuses a command without a user, or by root, and a service that is none', () => {
    for (const line of [
      'contextualization_command=/bin/true',
      'contextualization_command=root:/bin/true',
      'services=a b',
    ]) {
      expect(planText(`[cernvm]\n${line}\n`).codes, line).toEqual(['error:invalid-value'])
    }
  })

  const sizes: readonly (readonly [text: string, sizeMiB: number | undefined])[] = [
    ['auto', 4096],
    ['2g', 2048],
    ['512M', 512],
    ['512MiB', 512],
    ['1GB', 954],
    ['1048576', 1],
    ['1', 1],
    ['off', undefined],
    ['0', undefined],
    ['', undefined],
  ]
  for (const [text, sizeMiB] of sizes) {
    it(`makes a swap file of ${sizeMiB ?? 'no'} MiB for swap_size=${text} on two processors`, () => {
      const planned = planText(`[cernvm]\nswap_size=${text}\n`)
      expect(planned.of('swap').map((one) => one.sizeMiB)).toEqual(sizeMiB === undefined ? [] : [sizeMiB])
      expect(planned.codes).toEqual([])
    })
  }

  it('refuses a swap file of no size or of any size', () => {
    for (const text of ['lots', '-1G', '1000000G', '9'.repeat(40)]) {
      expect(planText(`[cernvm]\nswap_size=${text}\n`).codes, text).toEqual(['error:invalid-value'])
    }
  })
})

describe('grid proxy and EOS', () => {
  it('installs the proxy for the first user, under the number that this user will have (C14)', () => {
    const planned = planText('[cernvm]\nusers=u:u:$6$s$h\nx509-cert=UEVNCg==\n')
    const [file] = planned.of('file')
    expect(file).toMatchObject({ path: '/tmp/x509up_u{uid}', uidOf: 'u', mode: 0o600, owner: { user: 'u' } })
    expect(planned.file('/tmp/x509up_u{uid}')).toBe('PEM\n')
    const kinds = planned.resources.map((one) => one.kind)
    expect(kinds.indexOf('file')).toBeGreaterThan(kinds.indexOf('user'))
    expect(JSON.stringify(planned.resources)).not.toContain('PEM')
  })

  it('goes to root without users, to x509-user when given, and may be copied from a file', () => {
    expect(planText('[cernvm]\nx509-cert=UEVNCg==\n').of('file')).toMatchObject([{ uidOf: 'root' }])
    expect(planText('[cernvm]\nx509-user=bob\nx509-cert=UEVNCg==\n').of('file')).toMatchObject([{ uidOf: 'bob' }])
    const copied = planText('[cernvm]\nx509-user=bob\nx509-cert-file=/mnt/proxy.pem\n').of('command')
    expect(copied).toMatchObject([{ completion: { oncePer: 'context' } }])
    expect(copied[0]?.argv.slice(-2)).toEqual(['bob', '/mnt/proxy.pem'])
  })

  it('refuses a proxy that is not base64 and a path that is none', () => {
    expect(planText('[cernvm]\nx509-cert=???\n').codes).toEqual(['error:invalid-value'])
    expect(planText('[cernvm]\nx509-cert=/w==\n').codes).toEqual(['error:invalid-value'])
    expect(planText('[cernvm]\nx509-cert-file=../x\n').codes).toEqual(['error:invalid-value'])
  })

  it('mounts EOS with either spelling (C16)', () => {
    for (const key of ['eos-server', 'eos_server']) {
      const planned = planText(`[cernvm]\nusers=ganis:sf:$6$s$h\n${key}=root://eospublic.cern.ch\n`)
      expect(planned.file('/etc/sysconfig/eos.public'), key).toBe(
        'EOS_FUSE_MGM_ALIAS=eospublic.cern.ch\nEOS_FUSE_MOUNTDIR=/eos/public\n',
      )
      expect(planned.file('/etc/sysconfig/eos', 'X=1\n'), key).toBe('X=1\nEOS_FUSE_MOUNTS="$EOS_FUSE_MOUNTS public"\n')
      expect(planned.of('directory'), key).toMatchObject([{ path: '/eos', owner: { user: 'ganis', group: 'sf' } }])
      expect(planned.of('service'), key).toMatchObject([{ unit: 'eosd' }])
    }
  })

  it('takes the spelling that stands last, and the sizes of its caches', () => {
    const text =
      '[cernvm]\neos_server=eosatlas.cern.ch\neos-server=eoscms.cern.ch\neos-readaheadsize=1\neos_readcachesize=2\n'
    const planned = planText(text)
    expect(lines(planned.file('/etc/sysconfig/eos.cms'))).toEqual([
      'EOS_FUSE_CACHE_SIZE=2',
      'EOS_FUSE_MGM_ALIAS=eoscms.cern.ch',
      'EOS_FUSE_MOUNTDIR=/eos/cms',
      'EOS_FUSE_RDAHEAD=1',
      'EOS_FUSE_RDAHEAD_WINDOW=1',
    ])
  })

  it('needs no configuration for the server that every image knows, and agrees with services=eosd', () => {
    const planned = planText(
      '[cernvm]\neos-server=eosuser.cern.ch\nservices=eosd\neos-user=bob\neos-x509-cert=UEVNCg==\n',
    )
    expect(planned.codes).toEqual([])
    expect(planned.of('service')).toMatchObject([{ unit: 'eosd' }])
    expect(planned.of('file')).toMatchObject([{ path: '/tmp/x509up_u{uid}.eos', uidOf: 'bob' }])
    expect(planText('[cernvm]\neos-server=root://a b\n').codes).toEqual(['error:invalid-value'])
  })
})

describe('what the schema checks', () => {
  it('warns about unknown keys with a suggestion, and refuses values of another type', () => {
    const text = '[cernvm]\nauto_login=maybe\nkeybord=us\neos-readcachesize=big\n'
    expect(planText(text).diagnostics).toMatchObject([
      { severity: 'error', code: 'invalid-value', span: { start: { line: 2, column: 12 } } },
      { severity: 'warning', code: 'unknown-key', hint: 'Did you mean "keyboard"?', span: { start: { line: 3 } } },
      { severity: 'error', code: 'invalid-value' },
    ])
  })

  it('refuses a shell that is no path, and warns about a resolution that is none', () => {
    for (const shell of ['bash', '/bin/a b', '/bin/../sh', '/', '/bin//sh']) {
      expect(planText(`[cernvm]\nshell=${shell}\n`).codes, shell).toEqual(['error:invalid-value'])
    }
    expect(planText('[cernvm]\nscreenres=big\n').codes).toEqual(['warning:unusual-value'])
  })

  it('refuses control characters and endless lists', () => {
    expect(planText('[cernvm]\nkeyboard=a\u0007b\n').codes).toEqual(['error:invalid-value'])
    expect(planText(`[cernvm]\nservices=${'a,'.repeat(2000)}\n`).codes).toEqual(['error:invalid-value'])
  })
})
