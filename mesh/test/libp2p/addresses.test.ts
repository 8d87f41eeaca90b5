import { expect, test } from 'vitest'
import { reachableAddresses } from '../../src/libp2p/addresses.ts'
import { dialable } from '../../src/libp2p/dialer.ts'
import { identityOf } from '../admission/cluster.ts'

const SELF = identityOf(1).peer
const OTHER = identityOf(2).peer
const RELAY = identityOf(3).peer

test('own addresses are those that others reach: direct ones first, none of the loopback', () => {
  expect(
    reachableAddresses(
      [
        `/ip4/127.0.0.1/tcp/4000/p2p/${SELF}`,
        `/ip4/10.0.0.9/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${SELF}`,
        `/ip6/2001:db8::1/tcp/4000/p2p/${SELF}`,
        `/ip6/fe80::1/tcp/4000/p2p/${SELF}`,
        `/ip4/10.0.0.7/tcp/4000/p2p/${SELF}`,
      ],
      {},
    ),
  ).toEqual(['/ip4/10.0.0.7/tcp/4000', '/ip6/2001:db8::1/tcp/4000', `/ip4/10.0.0.9/tcp/4001/p2p/${RELAY}/p2p-circuit`])
})

test('a node of the loopback only says where it is', () => {
  expect(reachableAddresses([`/ip4/127.0.0.1/tcp/4000/p2p/${SELF}`], {})).toEqual(['/ip4/127.0.0.1/tcp/4000'])
})

test('networks of containers are not told, as every machine has the same, unless there is nothing else', () => {
  const at = (address: string) => [
    { address, netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null } as const,
  ]
  const interfaces = {
    eth0: at('10.0.0.7'),
    docker0: at('172.17.0.1'),
    'br-0123456789ab': at('172.18.0.1'),
    br0: at('10.1.0.1'),
  }
  const own = (host: string) => `/ip4/${host}/tcp/4000/p2p/${SELF}`
  const inner = ['172.17.0.1', '172.18.0.1'].map(own)
  expect(reachableAddresses([...inner, own('10.0.0.7'), own('10.1.0.1'), own('127.0.0.1')], interfaces)).toEqual([
    '/ip4/10.0.0.7/tcp/4000',
    '/ip4/10.1.0.1/tcp/4000',
  ])
  expect(reachableAddresses([...inner, own('127.0.0.1')], interfaces)).toEqual([
    '/ip4/172.17.0.1/tcp/4000',
    '/ip4/172.18.0.1/tcp/4000',
  ])
  const relayed = `/ip4/172.17.0.1/tcp/4001/p2p/${RELAY}/p2p-circuit`
  expect(reachableAddresses([own('127.0.0.2'), own('127.0.0.1')], interfaces)).toHaveLength(2)
  expect(reachableAddresses([`/dns4/a.example/tcp/4001/p2p/${SELF}`, relayed], interfaces)).toEqual([
    '/dns4/a.example/tcp/4001',
  ])
})

test('addresses of another peer, and what is none, are not dialed', () => {
  const given = [
    '/ip4/10.0.0.7/tcp/4000',
    `/ip4/10.0.0.7/tcp/4001/p2p/${OTHER}`,
    `/ip4/10.0.0.7/tcp/4002/p2p/${SELF}`,
    `/ip4/10.0.0.7/tcp/4003/p2p/${RELAY}/p2p-circuit`,
    'not an address',
    '',
  ]
  expect(dialable(OTHER, given).map(String)).toEqual([
    `/ip4/10.0.0.7/tcp/4000/p2p/${OTHER}`,
    `/ip4/10.0.0.7/tcp/4001/p2p/${OTHER}`,
    `/ip4/10.0.0.7/tcp/4003/p2p/${RELAY}/p2p-circuit/p2p/${OTHER}`,
  ])
})
