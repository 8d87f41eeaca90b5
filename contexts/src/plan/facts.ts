/**
 * What a plan may depend on besides the context: read once by the agent, passed in, so that planning stays pure.
 */
export interface InstanceFacts {
  readonly hostname: string
  /** Fully qualified name; equals `hostname` when the machine has no domain. */
  readonly fqdn: string
  readonly cpus: number
  readonly memoryMiB: number
  readonly architecture: string
  /** `ID` and `VERSION_ID` of os-release, empty when unknown. */
  readonly os: { readonly id: string; readonly version: string; readonly name: string }
  /** Address that the machine uses towards the outside, if any. */
  readonly address: string | undefined
  /** What the cloud or hypervisor told about this instance. */
  readonly metadata: InstanceMetadata
}

/** Meta data of the cloud or hypervisor; every field may be missing. */
export interface InstanceMetadata {
  readonly instanceId?: string
  readonly localHostname?: string
  /** OpenSSH public keys, one line each, unchecked. */
  readonly publicKeys: readonly string[]
}
