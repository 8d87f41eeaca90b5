/** One setting of the boot loader. */
export interface BootKey {
  /** As written in a context; compared without case. */
  readonly key: string
  readonly values: string
  readonly description: string
}

/** Settings that the boot loader knows (CONTEXT-SPEC 1.5.2). */
export const BOOT_KEYS: readonly BootKey[] = [
  {
    key: 'resize_rootfs',
    values: 'on or off',
    description: 'Off limits the root partition to 20 GiB; unset and on use the whole disk.',
  },
  {
    key: 'cvmfs_http_proxy',
    values: 'CernVM-FS proxy string',
    description: 'Proxies for the repository of the operating system.',
  },
  {
    key: 'cvmfs_pac_urls',
    values: 'URLs separated by semicolons',
    description: 'Proxy configuration files to ask for proxies.',
  },
  {
    key: 'cvmfs_server',
    values: 'hosts separated by commas',
    description: 'Servers of the repository of the operating system.',
  },
  { key: 'cvmfs_cdn', values: 'hosts separated by commas, or NONE', description: 'Replaces the servers unless NONE.' },
  { key: 'cvmfs_branch', values: 'repository name', description: 'Repository that holds the operating system.' },
  {
    key: 'cvmfs_tag',
    values: 'snapshot name',
    description: 'Snapshot of the repository, for machines that shall never change.',
  },
  {
    key: 'cvmfs_wait_on_squid',
    values: 'seconds',
    description: 'Waits until a proxy answers, this long for each try.',
  },
  {
    key: 'cernvm_path',
    values: 'relative path, for example cvm4',
    description: 'Part of the repository that is used as root.',
  },
  { key: 'cernvm_inject', values: 'base64 of a .tar.gz', description: 'Files that are unpacked over the root once.' },
  { key: 'useglideinwms', values: 'on or off', description: 'Off switches the recognition of pilot jobs off.' },
  { key: 'cvm_cluster_pin', values: '12 characters', description: 'Cluster to pair with, old service.' },
  { key: 'cvm_cluster_master', values: 'on or off', description: 'This machine is the master of that cluster.' },
  {
    key: 'cvm_service_url',
    values: 'URL prefix, or host and port',
    description: 'Address of the old pairing service.',
  },
  {
    key: 'use_boothd',
    values: 'on',
    description: 'Puts the root partition on the boot disk even if there is an empty second one.',
  },
]

/** Misspelled keys of published contexts, and what they mean. */
export const BOOT_KEY_ALIASES: Readonly<Record<string, string>> = { cvmfs_path: 'cernvm_path' }
