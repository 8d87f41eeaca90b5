import type { InstanceMetadata } from '@muster/contexts/plan/facts.ts'
import type { TreeReader } from './small-file.ts'

/** Where cloud-init leaves what the cloud told it, without passwords. */
const INSTANCE_DATA = '/run/cloud-init/instance-data.json'
const MAX_KEYS = 64
const MAX_KEY_CHARS = 16_384

/** Reads what cloud-init learned about this instance; without cloud-init there is nothing to learn here. */
export async function readCloudMetadata(reader: TreeReader): Promise<InstanceMetadata> {
  return decodeInstanceData((await reader.read(INSTANCE_DATA)) ?? '')
}

/** Decodes the `v1` part of cloud-init's instance data; anything unexpected is left out. */
export function decodeInstanceData(text: string): InstanceMetadata {
  const v1 = field(parseJson(text), 'v1')
  const instanceId = field(v1, 'instance_id')
  const localHostname = field(v1, 'local_hostname')
  const keys = field(v1, 'public_ssh_keys')
  return {
    ...(isShortText(instanceId) ? { instanceId } : {}),
    ...(isShortText(localHostname) ? { localHostname } : {}),
    publicKeys: (Array.isArray(keys) ? keys : [])
      .slice(0, MAX_KEYS)
      .filter(isKeyLine)
      .map((key) => key.trim()),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 253
}

function isKeyLine(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_KEY_CHARS && !/[\r\n]/.test(value.trim())
}
