import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { answerDnsMessage, type DnsCarrier } from '@muster/vm-agent/directory/dns-message.ts'
import { decode, encode, type Packet, type RecordType } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCluster } from './cluster.ts'

const [ANN, BOB, EVE] = ['ann', 'bob', 'eve'] as readonly string[] as readonly [PeerId, PeerId, PeerId]
const HTTP = { name: 'http', port: 3128 }

function place() {
  const cluster = createCluster(createVirtualClock())
  return {
    ...cluster,
    ask: (name: string, type: RecordType = 'A', more: AskOptions = {}) => ask(cluster.mesh, name, type, more),
  }
}

interface AskOptions {
  readonly carrier?: DnsCarrier
  readonly udpPayloadSize?: number
}

function ask(mesh: Parameters<typeof answerDnsMessage>[1], name: string, type: RecordType, more: AskOptions) {
  const { carrier = 'udp', udpPayloadSize } = more
  const query: Packet = { type: 'query', id: 7, flags: 1 << 8, questions: [{ type, name }] }
  if (udpPayloadSize !== undefined) query.additionals = [opt(udpPayloadSize)]
  const bytes = answerDnsMessage(encode(query), mesh, carrier)
  if (bytes === undefined) throw new Error('no answer')
  return { ...read(bytes), size: bytes.length }
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const

/** The decoded message; the types of the library do not know that it names the code. */
function read(bytes: Uint8Array | undefined) {
  if (bytes === undefined) throw new Error('no answer')
  return { ...decode(Buffer.from(bytes)), rcode: RCODES[(bytes[3] ?? 0) & 0xf] }
}

function opt(udpPayloadSize: number, ednsVersion = 0) {
  const flags = { extendedRcode: 0, ednsVersion, flags: 0, flag_do: false, options: [] }
  return { type: 'OPT', name: '.', udpPayloadSize, ...flags } as const
}

function dataOf(packet: Packet): readonly unknown[] {
  return (packet.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined))
}

describe('a name below service.muster', () => {
  test('is the address of the service, for five seconds, spelled as it was asked', () => {
    const { state, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1', ports: [HTTP] })
    const reply = ask('sQuId.SERVICE.muster')
    expect(reply).toMatchObject({
      id: 7,
      flag_qr: true,
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
      rcode: 'NOERROR',
    })
    expect(reply.questions).toMatchObject([{ name: 'sQuId.SERVICE.muster' }])
    expect(reply.answers).toMatchObject([{ name: 'sQuId.SERVICE.muster', type: 'A', ttl: 5, data: '10.0.0.1' }])
  })

  test('follows a service that has moved', () => {
    const { state, see, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1' })
    state(BOB, 'squid', { address: '10.0.0.2', cloud: 'south' })
    expect(dataOf(ask('squid.service.muster'))).toEqual(['10.0.0.1'])
    see(ANN, 'gone')
    expect(dataOf(ask('squid.service.muster'))).toEqual(['10.0.0.2'])
  })

  test('gives those that are as good as the first, and no worse ones', () => {
    const { state, mesh, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1' })
    state(BOB, 'squid', { address: '10.0.0.2' })
    state(EVE, 'squid', { address: '10.0.0.3', health: 'failing' })
    const ranked = mesh.resolve('squid').map(({ address }) => address)
    expect(dataOf(ask('squid.service.muster'))).toEqual(ranked.slice(0, 2))
    expect(ranked[2]).toBe('10.0.0.3')
  })

  test('still gives the last known address when nobody is well: a doubtful address is better than none', () => {
    const { state, see, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1', health: 'failing' })
    see(ANN, 'gone')
    expect(dataOf(ask('squid.service.muster'))).toEqual(['10.0.0.1'])
  })

  test('can name the cloud', () => {
    const { state, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1' })
    state(BOB, 'squid', { address: '10.1.0.2', cloud: 'south' })
    expect(dataOf(ask('squid.south.service.muster'))).toEqual(['10.1.0.2'])
    expect(ask('squid.west.service.muster').rcode).toBe('NXDOMAIN')
    expect(ask('south.service.muster').rcode).toBe('NOERROR')
  })

  test('is an AAAA record for IPv6, a CNAME for a host name, and nothing for what is neither', () => {
    const { state, ask } = place()
    state(ANN, 'six', { address: 'fd00::1' })
    state(ANN, 'host', { address: 'proxy.example.org' })
    state(ANN, 'odd', { address: 'two words' })
    state(ANN, 'local', { address: 'fe80::1%eth0' })
    expect(dataOf(ask('six.service.muster', 'AAAA'))).toEqual(['fd00::1'])
    expect(ask('six.service.muster', 'A')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect(ask('host.service.muster').answers).toMatchObject([{ type: 'CNAME', data: 'proxy.example.org' }])
    expect(ask('odd.service.muster').rcode).toBe('NXDOMAIN')
    expect(ask('local.service.muster', 'AAAA').rcode).toBe('NXDOMAIN')
  })
})

describe('SRV records', () => {
  test('name each instance with its port, ranked, and bring the addresses along', () => {
    const { state, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1', ports: [HTTP, { name: 'snmp', port: 3401 }] })
    state(BOB, 'squid', { address: 'fd00::2', cloud: 'south', ports: [HTTP] })
    const reply = ask('_http._tcp.squid.service.muster', 'SRV', { udpPayloadSize: 1232 })
    expect(dataOf(reply)).toEqual([
      { priority: 1, weight: 1, port: 3128, target: '10-0-0-1.ip.addr.service.muster' },
      { priority: 2, weight: 1, port: 3128, target: 'fd00--2.ip.addr.service.muster' },
    ])
    expect(reply.additionals).toMatchObject([
      { type: 'A', name: '10-0-0-1.ip.addr.service.muster', data: '10.0.0.1' },
      { type: 'AAAA', name: 'fd00--2.ip.addr.service.muster', data: 'fd00::2' },
      { type: 'OPT' },
    ])
    expect(dataOf(ask('squid.service.muster', 'SRV'))).toHaveLength(3)
    expect(dataOf(ask('_http._tcp.squid.south.service.muster', 'SRV'))).toHaveLength(1)
    expect(ask('_gopher._tcp.squid.service.muster', 'SRV').rcode).toBe('NXDOMAIN')
    expect(ask('_tcp.squid.service.muster', 'SRV')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect(ask('_http._tcp.squid.service.muster', 'A')).toMatchObject({ rcode: 'NOERROR', answers: [] })
  })

  test('have targets that resolve, and only those: the zone gives a name to no other address', () => {
    const { state, ask } = place()
    state(ANN, 'squid', { address: '10.0.0.1' })
    state(BOB, 'squid', { address: '::1' })
    expect(dataOf(ask('10-0-0-1.ip.addr.service.muster'))).toEqual(['10.0.0.1'])
    expect(ask('10-0-0-1.ip.addr.service.muster', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect(dataOf(ask('0--1.ip.addr.service.muster', 'AAAA'))).toEqual(['::1'])
    expect(ask('127-0-0-1.ip.addr.service.muster').rcode).toBe('NXDOMAIN')
    expect(ask('ip.addr.service.muster').rcode).toBe('NOERROR')
  })
})

describe('what there is not', () => {
  test('is said with how long to believe it', () => {
    const { ask } = place()
    const reply = ask('squid.service.muster')
    expect(reply).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true, answers: [] })
    expect(reply.authorities).toMatchObject([{ type: 'SOA', name: 'service.muster', ttl: 2, data: { minimum: 2 } }])
    expect(ask('service.muster', 'SOA').answers).toMatchObject([{ type: 'SOA' }])
    expect(ask('service.muster', 'TXT')).toMatchObject({ rcode: 'NOERROR', authorities: [{ type: 'SOA' }] })
  })

  test('is not said by a machine that has yet to join: it does not know', () => {
    const { state, setPhase, ask } = place()
    setPhase({ phase: 'joining', trouble: undefined })
    expect(ask('squid.service.muster')).toMatchObject({ rcode: 'SERVFAIL', flag_aa: false, authorities: [] })
    expect(ask('example.org').rcode).toBe('REFUSED')
    state(ANN, 'squid', { address: '10.0.0.1' })
    setPhase({ phase: 'lapsed', trouble: 'nobody renews' })
    expect(dataOf(ask('squid.service.muster'))).toEqual(['10.0.0.1'])
    expect(ask('nobody.service.muster').rcode).toBe('NXDOMAIN')
  })

  test.each(['example.org', 'muster', 'servic.muster', 'xservice.muster', '.'])('is refused outside: %s', (name) => {
    expect(place().ask(name)).toMatchObject({ rcode: 'REFUSED', flag_aa: false, authorities: [] })
  })

  test('is refused for transfers and other classes, and a type nobody knows has no data', () => {
    const { state, ask, mesh } = place()
    state(ANN, 'squid', {})
    expect(ask('service.muster', 'AXFR').rcode).toBe('REFUSED')
    const query = encode({ type: 'query', questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }] })
    expect(read(answerDnsMessage(query, mesh, 'udp')).rcode).toBe('REFUSED')
    const https = encode({ type: 'query', questions: [{ type: 'A', name: 'squid.service.muster' }] })
    https.writeUInt16BE(65, https.length - 4)
    expect(read(answerDnsMessage(https, mesh, 'udp'))).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
      questions: [{ type: 'UNKNOWN_65' }],
    })
  })
})

describe('size', () => {
  test('of a datagram is what the other side can take; the rest goes by stream', () => {
    const { state, ask } = place()
    const ports = Array.from({ length: 8 }, (_, index) => ({ name: `port-${index}`, port: 9000 + index }))
    state(ANN, 'squid', { address: '10.0.0.1', ports })
    const small = ask('squid.service.muster', 'SRV')
    expect(small).toMatchObject({ flag_tc: true, answers: [] })
    expect(small.size).toBeLessThanOrEqual(512)
    const large = ask('squid.service.muster', 'SRV', { udpPayloadSize: 4096 })
    expect(large).toMatchObject({ flag_tc: false })
    expect(large.answers).toHaveLength(8)
    expect(large.size).toBeLessThanOrEqual(1232)
    expect(ask('squid.service.muster', 'SRV', { carrier: 'tcp' }).answers).toHaveLength(8)
  })

  test('of an answer is bounded however many provide a service', () => {
    const { state, ask } = place()
    for (let index = 0; index < 60; index += 1)
      state(`m${index}` as PeerId, 'squid', { address: `10.0.0.${index + 1}` })
    expect(ask('squid.service.muster').answers).toHaveLength(8)
  })

  test('an unknown version of EDNS is told so', () => {
    const { mesh } = place()
    const query = encode({
      type: 'query',
      questions: [{ type: 'A', name: 'a.service.muster' }],
      additionals: [opt(512, 1)],
    })
    const reply = read(answerDnsMessage(query, mesh, 'udp'))
    expect(reply.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1, ednsVersion: 0 }])
    expect(reply.rcode).toBe('NOERROR')
  })
})

describe('what is no question', () => {
  test('gets no answer, or is told why', () => {
    const { mesh } = place()
    const rcodeOf = (bytes: Uint8Array) => {
      const reply = answerDnsMessage(bytes, mesh, 'udp')
      return reply === undefined ? undefined : (reply[3] ?? 0) & 0xf
    }
    const question = { type: 'A', name: 'a.service.muster' } as const
    expect(rcodeOf(new Uint8Array(11))).toBeUndefined()
    expect(rcodeOf(new Uint8Array(5000))).toBeUndefined()
    expect(rcodeOf(encode({ type: 'response', questions: [question] })), 'answers would go to and fro').toBeUndefined()
    expect(rcodeOf(new Uint8Array(12)), 'no question').toBe(1)
    expect(rcodeOf(encode({ type: 'query', questions: [question, question] })), 'two questions').toBe(1)
    expect(rcodeOf(encode({ type: 'query', flags: 5 << 11, questions: [question] })), 'an update').toBe(4)
    const dotted = encode({ type: 'query', questions: [question] })
    dotted[13] = 0x2e
    expect(rcodeOf(dotted), 'a dot inside a label').toBe(1)
  })

  test('never throws, never grows, never loops: any bytes, and any question with some bytes changed', () => {
    const { state, mesh } = place()
    state(ANN, 'squid', { address: '10.0.0.1', ports: [HTTP] })
    const check = (bytes: Uint8Array) => {
      const reply = answerDnsMessage(bytes, mesh, 'udp')
      if (reply === undefined) return
      expect(reply.length).toBeLessThanOrEqual(1232)
      expect(reply.subarray(0, 2)).toSatisfy((id: Buffer) => id.equals(bytes.subarray(0, 2)))
      expect(answerDnsMessage(reply, mesh, 'udp'), 'an answer is not answered').toBeUndefined()
      decode(Buffer.from(reply))
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), check), { numRuns: 300 })
    const query = encode({
      type: 'query',
      questions: [{ type: 'SRV', name: '_http._tcp.squid.service.muster' }],
      additionals: [opt(1232)],
    })
    const changes = fc.array(fc.tuple(fc.nat(query.length - 1), fc.nat(255)), { maxLength: 4 })
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = Uint8Array.from(query)
        for (const [index, value] of list) bytes[index] = value
        check(bytes)
      }),
      { numRuns: 1000 },
    )
  })
})
