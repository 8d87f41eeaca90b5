import { join } from 'node:path'
import { readMultiaddr } from '@muster/contexts/cluster/multiaddr.ts'
import type { FieldDecoder } from '@muster/runtime/config.ts'
import { ConfigError } from '@muster/runtime/config-error.ts'

/** Name of the key in the data folder. It is beside the store and not in it: who steals the store cannot sign with it. */
export const MESH_KEY_FILE = 'mesh.key'
/** Most addresses in one list. */
const MAX_ADDRESSES = 8

/** How the coordinator takes part in the meshes of its clusters. */
export interface MeshConfig {
  /** Multiaddrs; port 0 takes a free one. */
  readonly listen: readonly string[]
  /** Multiaddrs to name in place of those found: for a coordinator behind a port forwarding. */
  readonly announce: readonly string[]
  readonly isRelay: boolean
  readonly isMulticastEnabled: boolean
  /** File of the key; drawn at the first start. */
  readonly keyFile: string
}

/** What was said about the mesh, in the file, on the command line and by the surroundings. */
export interface MeshWishes {
  readonly isOn: boolean
  readonly listen: readonly string[]
  /** Wins over the file; `off` switches the mesh off. */
  readonly commandListen: string | undefined
  readonly announce: readonly string[]
  readonly isRelay: boolean
  readonly isMulticastEnabled: boolean
  readonly keyFile: string | undefined
  /** Of the embedded store. */
  readonly dataFolder: string | undefined
}

/** Multiaddrs over tcp, separated by commas or blanks. */
export const multiaddrs: FieldDecoder<readonly string[]> = (value) => {
  const list = value.split(/[\s,]+/).filter((entry) => entry !== '')
  const wrong = list.find((entry) => readMultiaddr(entry)?.peer !== undefined || readMultiaddr(entry) === undefined)
  if (wrong !== undefined) return { problem: `must be like /ip4/192.0.2.7/tcp/4001, without a peer, not "${wrong}"` }
  return list.length <= MAX_ADDRESSES ? { value: list } : { problem: `must be at most ${MAX_ADDRESSES} addresses` }
}

/**
 * The mesh's configuration; undefined when it is off. It is off, too, where no file for its key is known: the store may
 * be read by others, so the key is never kept there.
 *
 * @throws {ConfigError} invalid
 */
export function decodeMesh(wishes: MeshWishes): MeshConfig | undefined {
  const { isOn, commandListen, announce, isRelay, isMulticastEnabled, dataFolder } = wishes
  const keyFile = wishes.keyFile ?? (dataFolder === undefined ? undefined : join(dataFolder, MESH_KEY_FILE))
  if (!isOn || commandListen === 'off' || keyFile === undefined) return undefined
  const listen = commandListen === undefined ? wishes.listen : decodeCommand(commandListen)
  return { listen, announce, isRelay, isMulticastEnabled, keyFile }
}

function decodeCommand(value: string): readonly string[] {
  const decoded = multiaddrs(value)
  if ('value' in decoded && decoded.value.length > 0) return decoded.value
  throw new ConfigError('invalid', `--mesh-listen ${'problem' in decoded ? decoded.problem : 'is empty'}`, {
    hint: 'Write --mesh-listen /ip4/0.0.0.0/tcp/4001, or --mesh-listen off.',
  })
}
