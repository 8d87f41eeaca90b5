import { createHash } from 'node:crypto'
import { arch } from 'node:os'
import { type DebianContents, DOCUMENTS } from '../trees/debootstrap.ts'

/** `stock`: Debian as a cloud would have it. `baked`: the same with the agent. */
export type Variant = 'stock' | 'baked'

/** Both variants, for messages. */
export const VARIANTS: readonly Variant[] = ['stock', 'baked']

/** What stands in both variants. */
export interface ImageRecipe extends DebianContents {
  /** Small files of the image's own, by absolute path. */
  readonly files: Readonly<Record<string, string>>
  /** Units that are enabled besides those that Debian enables. */
  readonly enabled: readonly string[]
}

/** Debian's name of the architecture, as kernel packages have it. */
const DEBIAN_ARCH = arch() === 'arm64' ? 'arm64' : 'amd64'

/**
 * A minimal Debian 12 that boots under QEMU and in systemd-nspawn. Its network is systemd-networkd with DHCP on every
 * card, which a file with a lower number or cloud-init's own configuration replaces.
 */
export const IMAGE: ImageRecipe = {
  packages: [
    'systemd-sysv',
    'udev',
    'dbus',
    'cloud-init',
    `linux-image-cloud-${DEBIAN_ARCH}`,
    'iproute2',
    'netbase',
    'curl',
    'ca-certificates',
    'procps',
  ],
  leaveOut: DOCUMENTS,
  files: {
    '/etc/systemd/network/90-dhcp.network': '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n',
    // Empty, as in images of clouds: each machine gets its own at its first boot, without the questions of one.
    '/etc/machine-id': '',
  },
  enabled: ['systemd-networkd.service', 'systemd-networkd-wait-online.service'],
}

/** Raised when the builder itself changes what comes out. */
const LAYOUT = 1

/** Identity of the base tree that a recipe makes on this kind of machine. */
export function baseDigest(recipe: ImageRecipe): string {
  return digestOf(JSON.stringify([LAYOUT, arch(), recipe]))
}

/** Short identity of texts and bytes. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 16)
}
