import type { TreeReader } from '@muster/vm-agent/facts/small-file.ts'
import {
  judgeMachine,
  type MachineEvidence,
  mergeEvidence,
  readMachineEvidence,
} from '@muster/vm-agent/identity/machine-evidence.ts'
import { describe, expect, test } from 'vitest'

const UUID = '0c4f1b1e-94a1-4b52-9c2b-57a5b1b0f5aa'
const UUID_SWAPPED = '1e1b4f0c-a194-524b-9c2b-57a5b1b0f5aa'
const OTHER_UUID = '5f0c7d10-1111-4b52-9c2b-57a5b1b0f5aa'
const ID = 'i-0abc123def'
const MACHINE = '0123456789abcdef0123456789abcdef'
const NOTHING: MachineEvidence = { productUuid: undefined, instanceId: undefined, machineId: undefined }

function readerOf(files: Readonly<Record<string, string>>): TreeReader {
  return { read: async (path) => files[path] }
}

const read = (files: Readonly<Record<string, string>>) => readMachineEvidence(readerOf(files))

describe('evidence of a machine', () => {
  test('is the UUID of its hardware, its name in the cloud and its machine id', async () => {
    expect(
      await read({
        '/sys/class/dmi/id/product_uuid': `${UUID.toUpperCase()}\n`,
        '/var/lib/cloud/data/instance-id': `${ID}\n`,
        '/etc/machine-id': `${MACHINE}\n`,
      }),
    ).toEqual({ productUuid: UUID, instanceId: ID, machineId: MACHINE })
  })

  test('is what cloud-init said in this boot rather than in an earlier one', async () => {
    const files = { '/run/cloud-init/.instance-id': 'new-one\n', '/var/lib/cloud/data/instance-id': 'old-one\n' }
    expect(await read(files)).toMatchObject({ instanceId: 'new-one' })
  })

  test('is nothing where there is nothing', async () => expect(await read({})).toEqual(NOTHING))

  test.each([
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    'fefefefe-fefe-fefe-fefe-fefefefefefe',
    '03000200-0400-0500-0006-000700080009',
    '12345678-1234-5678-90AB-CDDEEFAABBCC',
    'Not Settable',
    'Not Present',
    'To be filled by O.E.M.',
    '',
    `${UUID}0`,
  ])('is no hardware UUID that says nothing: %j', async (text) => {
    expect(await read({ '/sys/class/dmi/id/product_uuid': text })).toEqual(NOTHING)
  })

  test.each([
    'nocloud',
    'iid-datasource-none',
    'iid-datasource',
    'iid-local01',
    'iid-dsovf',
    'i-00000000',
    '83679162-1378-4288-a2d4-70e13ec132aa',
    'two words',
    'x'.repeat(300),
    '',
  ])('is no instance id that many machines have: %j', async (text) => {
    expect(await read({ '/var/lib/cloud/data/instance-id': text })).toEqual(NOTHING)
  })

  test.each(['', 'uninitialized', '0'.repeat(32), 'short'])('is no machine id that is none: %j', async (text) => {
    expect(await read({ '/etc/machine-id': text })).toEqual(NOTHING)
  })

  test.each(['/run/systemd/container', '/.dockerenv', '/run/.containerenv', '/run/host/container-manager'])(
    'is no hardware of the host around a container (%s)',
    async (mark) => {
      expect(await read({ [mark]: '', '/sys/class/dmi/id/product_uuid': UUID })).toEqual(NOTHING)
    },
  )
})

interface Case {
  readonly name: string
  readonly known: Partial<MachineEvidence>
  readonly now: Partial<MachineEvidence>
  readonly verdict: string
  readonly changed: readonly string[]
}

const same = { verdict: 'same', changed: [] } as const
const CASES: readonly Case[] = [
  {
    name: 'a reboot',
    known: { productUuid: UUID, instanceId: ID },
    now: { productUuid: UUID, instanceId: ID },
    ...same,
  },
  {
    name: 'a copy in the same cloud',
    known: { productUuid: UUID, instanceId: ID },
    now: { productUuid: OTHER_UUID, instanceId: 'i-2' },
    verdict: 'clone',
    changed: ['product-uuid', 'instance-id'],
  },
  {
    name: 'a copy with another instance id on hardware without a UUID',
    known: { instanceId: ID },
    now: { instanceId: 'i-2' },
    verdict: 'clone',
    changed: ['instance-id'],
  },
  {
    name: 'a copy with a generic instance id on other hardware',
    known: { productUuid: UUID },
    now: { productUuid: OTHER_UUID },
    verdict: 'clone',
    changed: ['product-uuid'],
  },
  {
    name: 'a copy in another cloud, which names no instances',
    known: { productUuid: UUID, instanceId: ID, machineId: MACHINE },
    now: { productUuid: OTHER_UUID, machineId: MACHINE },
    verdict: 'clone',
    changed: ['product-uuid'],
  },
  {
    name: 'a copy whose machine id was made anew as well',
    known: { instanceId: ID, machineId: MACHINE },
    now: { instanceId: 'i-2', machineId: 'f'.repeat(31).padEnd(32, '0') },
    verdict: 'clone',
    changed: ['instance-id', 'machine-id'],
  },
  {
    name: 'cloud-init that came later',
    known: { productUuid: UUID },
    now: { productUuid: UUID, instanceId: ID },
    ...same,
  },
  {
    name: 'cloud-init that was removed',
    known: { productUuid: UUID, instanceId: ID },
    now: { productUuid: UUID },
    ...same,
  },
  { name: 'hardware that can be read no more', known: { productUuid: UUID }, now: {}, ...same },
  { name: 'a baked image that knew nothing', known: {}, now: { productUuid: UUID, instanceId: ID }, ...same },
  {
    name: 'firmware that shows its UUID in the other order of bytes',
    known: { productUuid: UUID },
    now: { productUuid: UUID_SWAPPED },
    ...same,
  },
  {
    name: 'another machine id, and nothing else known',
    known: { machineId: MACHINE },
    now: { machineId: 'a'.repeat(31).padEnd(32, 'b') },
    verdict: 'weak',
    changed: ['machine-id'],
  },
  {
    name: 'another machine id on the same hardware',
    known: { productUuid: UUID, machineId: MACHINE },
    now: { productUuid: UUID, machineId: 'a'.repeat(31).padEnd(32, 'b') },
    verdict: 'weak',
    changed: ['machine-id'],
  },
]

describe('a machine compared with what it was', () => {
  test.each(CASES)('$name: $verdict', ({ known, now, verdict, changed }) => {
    expect(judgeMachine({ ...NOTHING, ...known }, { ...NOTHING, ...now })).toEqual({ verdict, changed })
  })

  test('remembers what is not seen just now, so that a copy made meanwhile is found later', () => {
    const kept = mergeEvidence({ ...NOTHING, instanceId: ID }, { ...NOTHING, productUuid: UUID })
    expect(kept).toEqual({ productUuid: UUID, instanceId: ID, machineId: undefined })
    expect(judgeMachine(kept, { ...NOTHING, instanceId: 'i-2' }).verdict).toBe('clone')
  })
})
