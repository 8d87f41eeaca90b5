import { cardNames, defaultInterface, defaultInterface6, networkMark } from '@muster/vm-agent/facts/network-facts.ts'
import { expect, test } from 'vitest'

const HEADER = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'

test('the default route with the smallest metric names the interface', () => {
  const routes = [
    HEADER,
    'wlan0\t00000000\t0102000A\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  ]
  expect(defaultInterface(routes.join('\n'))).toBe('eth0')
})

test('a machine without a default route has no such interface', () => {
  expect(defaultInterface(HEADER)).toBeUndefined()
  expect(defaultInterface('')).toBeUndefined()
  expect(defaultInterface6('')).toBeUndefined()
})

test('an IPv6 default route is found, the unreachable one of lo is not', () => {
  const zero = '0'.repeat(32)
  const routes = [
    `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
    `${zero} 00 ${zero} 00 fe80000000000000000000000000000a 00000400 00000001 00000000 00000003     ens3`,
  ]
  expect(defaultInterface6(routes.join('\n'))).toBe('ens3')
})

test('network cards are told from interfaces that lead nowhere by themselves', () => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets',
    '    lo:  100       1    0    0    0     0          0         0      100       1',
    '  ens3: 5000      40    0    0    0     0          0         0     4000      30',
    'docker0:    0       0    0    0    0     0          0         0        0       0',
    'veth12ab@if3: 0     0    0    0    0     0          0         0        0       0',
    'enp0s20f0u1:12      1    0    0    0     0          0         0        0       0',
  ].join('\n')
  expect(cardNames(text)).toEqual(['ens3', 'enp0s20f0u1'])
  expect(cardNames('')).toEqual([])
})

test('the mark of a network differs with its addresses and its way out, not with cables', () => {
  const network = { addresses: ['192.0.2.5'], outside: 'eth0', mac: undefined, cards: [] }
  const card = { name: 'eth0', mac: undefined, isConnected: true }
  expect(networkMark({ ...network, cards: [card] })).toBe(networkMark(network))
  expect(networkMark({ ...network, outside: undefined })).not.toBe(networkMark(network))
  expect(networkMark({ ...network, addresses: [] })).not.toBe(networkMark(network))
})
