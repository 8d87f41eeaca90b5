import type { PluginSchema } from '../plugins/schema.ts'

const EXAMPLE_COORDINATOR = '12D3KooWEMFWm9FDxaHbXGrFXXKtbN7WBvVszyqtdYRCDRKrhRQz'
const EXAMPLE_ISSUER = '12D3KooWQJX2nF5vTf7gEu1kWMBPDQa7pVq9h9Cs7uLKXFZ8Mgsb'

/** Keys of `[muster]`, in a context and in `/etc/muster/join.conf`. */
export const JOIN_SCHEMA: PluginSchema = {
  description:
    'Makes the machine a member of a cluster: the agent joins its mesh with this. Written by whoever creates the machine; it is kept in `/etc/muster/join.conf`, readable by root alone. Placeholders are not replaced in this section.',
  keys: [
    {
      key: 'cluster',
      type: 'text',
      isRequired: true,
      description: 'Identifier of the cluster.',
      example: 'clu_01jd0000000000000000000000',
    },
    {
      key: 'coordinator',
      type: 'text',
      isRequired: true,
      description: 'PeerId of the coordinator, whose key signs the definition of the cluster.',
      example: EXAMPLE_COORDINATOR,
    },
    {
      key: 'issuer',
      type: 'text',
      isRequired: true,
      description: 'PeerId of who admits this machine: the cloud agent, or the coordinator.',
      example: EXAMPLE_ISSUER,
    },
    {
      key: 'addresses',
      type: 'list',
      isRequired: true,
      description:
        'Where the issuer is reached, as multiaddrs over tcp. Those that end in `/p2p/` and another PeerId are of other members to begin with.',
      example: '/ip4/192.0.2.7/tcp/4001,/dns/muster.example.org/tcp/4001',
    },
    {
      key: 'token',
      type: 'text',
      isRequired: true,
      isSecret: true,
      description: 'Join token. It is good for this machine, and for one join.',
      example: '0123456789abcdefghijABCDEFGHIJ0123456789abc',
    },
    {
      key: 'listen',
      type: 'list',
      default: '/ip4/0.0.0.0/tcp/0',
      description: 'Where to listen for other members; port 0 takes a free one.',
      example: '/ip4/0.0.0.0/tcp/4001',
    },
    {
      key: 'announce',
      type: 'list',
      description: 'What to tell the others in place of the addresses found, for a machine behind a port forwarding.',
      example: '/ip4/198.51.100.4/tcp/4001',
    },
    {
      key: 'mdns',
      type: 'boolean',
      default: 'on',
      description: 'Find other members in the same network segment by multicast.',
      example: 'off',
    },
    {
      key: 'relay',
      type: 'boolean',
      default: 'off',
      description: 'Pass on traffic between members that do not reach each other.',
      example: 'on',
    },
    {
      key: 'address',
      type: 'text',
      description: 'IP address under which programs of other machines use this one. Without it the first usable one.',
      example: '10.0.0.7',
    },
    {
      key: 'instance',
      type: 'text',
      description: 'Identifier that the cloud gave this machine.',
      example: 'i-0abc123',
    },
  ],
}
