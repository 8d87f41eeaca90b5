import { decodeProductUuid, isSameProductUuid } from '../facts/product-uuid.ts'
import type { TreeReader } from '../facts/small-file.ts'

/** By what a machine is told from a copy of its disk; undefined: not known, or shared by many. */
export interface MachineEvidence {
  /** UUID that the hypervisor gave. */
  readonly productUuid: string | undefined
  /** What the cloud calls this instance. */
  readonly instanceId: string | undefined
  /** `/etc/machine-id`: copied with the disk, and made anew by some tools on the same machine. */
  readonly machineId: string | undefined
}

/** Evidence that is another than before, in the words of the log and the state. */
export type ChangedEvidence = 'product-uuid' | 'instance-id' | 'machine-id'

/** Whether a machine is the one that it was. */
export interface MachineVerdict {
  /** `weak`: only what proves nothing has changed. */
  readonly verdict: 'same' | 'weak' | 'clone'
  readonly changed: readonly ChangedEvidence[]
}

const PRODUCT_UUID = '/sys/class/dmi/id/product_uuid'
const MACHINE_ID = '/etc/machine-id'
/** The first is of this boot; the second outlives cloud-init, and a boot without it. */
const INSTANCE_IDS = ['/run/cloud-init/.instance-id', '/var/lib/cloud/data/instance-id']
/** Left by the managers of containers; the firmware that is seen in one is that of the host. */
const CONTAINER_MARKS = ['/run/systemd/container', '/run/host/container-manager', '/run/.containerenv', '/.dockerenv']
const MAX_INSTANCE_ID = 256

/**
 * What cloud-init uses where the cloud names no instance, what its documents give as examples, and the one identifier
 * that the old launcher of CernVM put on all of its machines.
 */
const GENERIC_INSTANCE_IDS: readonly RegExp[] = [
  /^(nocloud|none|null|unknown|localhost|instance-id)$/,
  /^iid-(datasource|datasource-none|ds[a-z]+|vmware-imc|abcdefg)$/,
  /^iid-local[0-9]*$/,
  /^i-(0+|abcdefg|87018aed)$/,
  /^83679162-1378-4288-a2d4-70e13ec132aa$/,
]

/** Reads what there is; nothing of it has to be. @throws `signal.reason` of the reader when aborted */
export async function readMachineEvidence(reader: TreeReader): Promise<MachineEvidence> {
  const [marks, uuid, machineId, instanceId] = await Promise.all([
    Promise.all(CONTAINER_MARKS.map((path) => reader.read(path))),
    reader.read(PRODUCT_UUID),
    reader.read(MACHINE_ID),
    readInstanceName(reader),
  ])
  const isContainer = marks.some((mark) => mark !== undefined)
  return {
    productUuid: isContainer ? undefined : decodeProductUuid(uuid),
    instanceId: decodeInstanceId(instanceId),
    machineId: decodeMachineId(machineId),
  }
}

/** What cloud-init calls this instance, names that many machines have among them; undefined without cloud-init. */
export async function readInstanceName(reader: TreeReader): Promise<string | undefined> {
  const texts = await Promise.all(INSTANCE_IDS.map((path) => reader.read(path)))
  return texts.map((text) => text?.trim() ?? '').find((text) => text !== '' && text.length <= MAX_INSTANCE_ID)
}

/** What the cloud calls an instance; undefined for names that many machines have. */
export function decodeInstanceId(text: string | undefined): string | undefined {
  const id = text?.trim() ?? ''
  if (id === '' || id.length > MAX_INSTANCE_ID || !/^[!-~]+$/.test(id)) return undefined
  return GENERIC_INSTANCE_IDS.some((generic) => generic.test(id.toLowerCase())) ? undefined : id
}

/** `/etc/machine-id`; an image that is well made has none, or the word `uninitialized`. */
export function decodeMachineId(text: string | undefined): string | undefined {
  const id = text?.trim().toLowerCase() ?? ''
  return /^[0-9a-f]{32}$/.test(id) && !/^(.)\1+$/.test(id) ? id : undefined
}

/** Compares what is known of a machine with what is seen now. What is not known on both sides tells nothing. */
export function judgeMachine(known: MachineEvidence, now: MachineEvidence): MachineVerdict {
  const changed: ChangedEvidence[] = []
  const differ = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && left !== right
  if (differ(known.productUuid, now.productUuid) && !isSameProductUuid(known.productUuid ?? '', now.productUuid ?? ''))
    changed.push('product-uuid')
  if (differ(known.instanceId, now.instanceId)) changed.push('instance-id')
  const isClone = changed.length > 0
  if (differ(known.machineId, now.machineId)) changed.push('machine-id')
  return { verdict: isClone ? 'clone' : changed.length > 0 ? 'weak' : 'same', changed }
}

/** What is known of a machine that is the same: what is not seen just now is kept, or a later clone would not be seen. */
export function mergeEvidence(known: MachineEvidence, now: MachineEvidence): MachineEvidence {
  return {
    productUuid: now.productUuid ?? known.productUuid,
    instanceId: now.instanceId ?? known.instanceId,
    machineId: now.machineId ?? known.machineId,
  }
}
