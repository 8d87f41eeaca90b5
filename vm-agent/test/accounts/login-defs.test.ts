import { describe, expect, test } from 'vitest'
import { decodeLoginDefs } from '../../src/accounts/login-defs.ts'

describe('the settings for new accounts', () => {
  test('are those of shadow-utils when a machine says nothing', () => {
    expect(decodeLoginDefs('', '')).toMatchObject({
      uidMin: 1000,
      uidMax: 60000,
      systemGidMin: 101,
      systemGidMax: 999,
      homeMode: 0o755,
      homeBase: '/home',
      skeleton: '/etc/skel',
      hasMailSpool: false,
      passwordDays: { min: -1, max: -1, warn: -1 },
    })
  })

  test.each([
    ['UMASK 077', 0o700],
    ['UMASK 022\nHOME_MODE 0750', 0o750],
    ['#HOME_MODE 0700\nUMASK\t027', 0o750],
    ['HOME_MODE nonsense', 0o755],
  ])('%j gives homes the mode %o', (text, mode) => expect(decodeLoginDefs(text, '').homeMode).toBe(mode))

  test('read numbers as the tools do, and what cannot be read not at all', () => {
    expect(decodeLoginDefs('UID_MIN 0x400\nUID_MAX 02000\nGID_MIN many', '')).toMatchObject({
      uidMin: 1024,
      uidMax: 1024,
      gidMin: 1000,
    })
  })

  test('take place, skeleton and mail from the defaults of useradd', () => {
    const defaults = '# SKEL=/no\nHOME=/users\nSKEL="/etc/skel2"\nCREATE_MAIL_SPOOL=yes\n'
    expect(decodeLoginDefs('MAIL_DIR /var/spool/mail', defaults)).toMatchObject({
      homeBase: '/users',
      skeleton: '/etc/skel2',
      hasMailSpool: true,
      mailDirectory: '/var/spool/mail',
    })
  })
})
