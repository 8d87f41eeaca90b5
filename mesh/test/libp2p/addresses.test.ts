import { expect, test } from 'vitest'
import { reachableAddresses } from '../../src/libp2p/addresses.ts'
import { dialable } from '../../src/libp2p/dialer.ts'
import { identityOf } from '../admission/cluster.ts'

const SELF = identityOf(1).peer
const OTHER = identityOf(2).peer
const RELAY = identityOf(3).peer

test('own addresses are those that others reach: direct ones first, none of the loopback', () => {
  expect(
    reachableAddresses([
      `/ip4/127.0.0.1/tcp/4000/p2p/${SELF}`,
      `/ip4/10.0.0.9/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${SELF}`,
      `/ip6/2001:db8::1/tcp/4000/p2p/${SELF}`,
      `/ip6/fe80::1/tcp/4000/p2p/${SELF}`,
      `/ip4/10.0.0.7/tcp/4000/p2p/${SELF}`,
    ]),
  ).toEqual(['/ip4/10.0.0.7/tcp/4000', '/ip6/2001:db8::1/tcp/4000', `/ip4/10.0.0.9/tcp/4001/p2p/${RELAY}/p2p-circuit`])
})

test('a node of the loopback only says where it is', () => {
  expect(reachableAddresses([`/ip4/127.0.0.1/tcp/4000/p2p/${SELF}`])).toEqual(['/ip4/127.0.0.1/tcp/4000'])
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
