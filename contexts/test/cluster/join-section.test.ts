import { describe, expect, test } from 'vitest'
import { decodeJoinText, renderJoinText } from '../../src/cluster/join-section.ts'
import { describeResource } from '../../src/plan/describe.ts'
import { annotate } from '../../src/userdata/annotate.ts'
import { planText } from '../plugins/plan-text.ts'

const COORDINATOR = '12D3KooWEMFWm9FDxaHbXGrFXXKtbN7WBvVszyqtdYRCDRKrhRQz'
const ISSUER = '12D3KooWQJX2nF5vTf7gEu1kWMBPDQa7pVq9h9Cs7uLKXFZ8Mgsb'
const TOKEN = '0123456789abcdefghijABCDEFGHIJ0123456789abc'

const SECTION = `[muster]
cluster = clu_1
coordinator = ${COORDINATOR}
issuer = ${ISSUER}
addresses = /ip4/192.0.2.7/tcp/4001, /dns/a.example.org/tcp/1/p2p/${ISSUER}, /ip4/192.0.2.9/tcp/4001/p2p/${COORDINATOR}
token = ${TOKEN}
`

describe('a [muster] section', () => {
  test('becomes the file that the agent joins with, readable by root alone, its token shown nowhere', () => {
    const planned = planText(SECTION)
    expect(planned.codes).toEqual([])
    const files = planned.of('file').filter(({ path }) => path === '/etc/muster/join.conf')
    expect(files).toMatchObject([{ mode: 0o600, owner: {} }])
    expect(planned.file('/etc/muster/join.conf')).toContain(`token=${TOKEN}\n`)
    expect(JSON.stringify(planned.resources) + planned.resources.map(describeResource).join()).not.toContain(TOKEN)
  })

  test('knows the addresses of the issuer from those of others', () => {
    const { settings } = decodeJoinText(SECTION)
    expect(settings).toMatchObject({
      cluster: 'clu_1',
      addresses: ['/ip4/192.0.2.7/tcp/4001', '/dns/a.example.org/tcp/1'],
      rendezvous: [{ peer: COORDINATOR, addresses: ['/ip4/192.0.2.9/tcp/4001'] }],
      listen: ['/ip4/0.0.0.0/tcp/0'],
      announce: [],
      isMulticastEnabled: true,
      isRelay: false,
      address: undefined,
    })
  })

  test('written as a file is read as the same settings', () => {
    const text = `${SECTION}listen=/ip6/::/tcp/7\nannounce=/ip4/1.2.3.4/tcp/9\nmdns=off\nrelay=on\naddress=fd00::1\ninstance=i-1\n`
    const { settings, diagnostics } = decodeJoinText(text)
    expect(diagnostics).toEqual([])
    if (settings === undefined) throw new Error('no settings')
    const again = decodeJoinText(renderJoinText(settings).reveal()).settings
    expect(again).toEqual(settings)
    expect(again?.token.reveal()).toBe(TOKEN)
  })

  test('tells all its problems at once, each at its place, and never the token', () => {
    const text = `[muster]
cluster = no such!
coordinator = 12D3KooWshort
issuer = ${ISSUER}
addresses = /ip4/192.0.2.7/tcp/4001,/ip4/300.0.0.1/tcp/1,/ip4/192.0.2.7/udp/4001
token = bad!
mdsn = off
relay = perhaps
address = head
`
    const { settings, diagnostics } = decodeJoinText(text)
    expect(settings).toBeUndefined()
    const shown = annotate(diagnostics, '', { file: 'x' })
    expect(shown.split('\n').filter((line) => line.startsWith('x:'))).toHaveLength(8)
    for (const place of ['x:2:11', 'x:3:15', 'x:5:37', 'x:5:58', 'x:6:9', 'x:7:1', 'x:8:9', 'x:9:11']) {
      expect(shown, place).toContain(`${place}: `)
    }
    expect(shown).toContain('Did you mean "mdns"?')
    expect(shown).not.toContain('bad!')
  })

  test('without what it needs is an error for each missing key', () => {
    const { codes, resources } = planText('[muster]\ntoken=\n')
    expect(codes).toEqual(Array(5).fill('error:key-missing'))
    expect(resources).toEqual([])
  })

  test('can be left out by disabling its plugin', () => {
    const { codes, file } = planText(`[amiconfig]\ndisabled_plugins=muster\n${SECTION}`)
    expect(codes).toEqual(['warning:section-not-used'])
    expect(file('/etc/muster/join.conf')).toBeUndefined()
  })
})

describe('a file without the section', () => {
  test('is an error, not an empty membership', () => {
    expect(decodeJoinText('').diagnostics).toMatchObject([{ severity: 'error', code: 'key-missing' }])
  })
})

describe('an address through a relay', () => {
  test('is of the one behind it', () => {
    const relay = `/ip4/192.0.2.9/tcp/1/p2p/${COORDINATOR}/p2p-circuit`
    const text = SECTION.replace(/addresses = .*/, `addresses = ${relay},${relay}/p2p/${ISSUER}`)
    expect(decodeJoinText(text).settings).toMatchObject({ addresses: [relay, relay], rendezvous: [] })
  })
})
