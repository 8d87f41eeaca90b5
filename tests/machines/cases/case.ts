import type { Site } from '../site.ts'

/** Told where a case is, for people who watch it. */
export type Progress = (line: string) => void

/** One proof on real machines; the same under QEMU and in nspawn. */
export interface MachineCase {
  /** A letter, by which it is chosen. */
  readonly key: string
  /** A sentence about what holds. */
  readonly title: string
  /** @throws when it does not hold; the message shows the console */
  run(site: Site, say: Progress): Promise<void>
}
