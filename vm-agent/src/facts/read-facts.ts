import { arch, availableParallelism, totalmem } from 'node:os'
import type { InstanceFacts } from '@muster/contexts/plan/facts.ts'
import { readCloudMetadata } from './cloud-metadata.ts'
import { readHostName } from './host-name.ts'
import { readNetworkFacts } from './network-facts.ts'
import { decodeOsRelease, type OsRelease } from './os-release.ts'
import { createTreeReader, type TreeReader } from './small-file.ts'

/** Of which machine. */
export interface FactsOptions {
  /** `/` is the running machine; another directory is a tree, whose own files tell its name and system. */
  readonly root: string
  readonly signal?: AbortSignal
}

const MIB = 1024 * 1024

/**
 * What a plan may depend on. Reads a few small files and starts no program: a plan waits for this, and a machine that
 * is coming up has better things to do. A tree has no address of its own.
 *
 * @throws `signal.reason` when aborted
 */
export async function readFacts(options: FactsOptions): Promise<InstanceFacts> {
  const { root, signal } = options
  const reader = createTreeReader(root, signal)
  const [name, os, network, metadata] = await Promise.all([
    readHostName(reader, root),
    readOsRelease(reader),
    root === '/' ? readNetworkFacts(reader) : undefined,
    readCloudMetadata(reader),
  ])
  return {
    ...name,
    cpus: availableParallelism(),
    memoryMiB: Math.floor(totalmem() / MIB),
    architecture: machineName(),
    os: { id: os.id, version: os.version, name: os.name },
    address: network?.addresses[0],
    metadata,
  }
}

/** `/etc/os-release` is often a link; where it leads nowhere useful, the vendor's own file is read. */
export async function readOsRelease(reader: TreeReader): Promise<OsRelease> {
  return decodeOsRelease((await reader.read('/etc/os-release')) ?? (await reader.read('/usr/lib/os-release')) ?? '')
}

/** Architecture as `uname -m` names it, which is what users of Linux write. */
export function machineName(): string {
  const names: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686' }
  return names[arch()] ?? arch()
}
