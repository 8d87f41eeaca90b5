import type { SerialConsole } from './serial-console.ts'

/** Data for cloud-init that a machine finds at its boot, as NoCloud has it. */
export interface Seed {
  readonly instanceId: string
  /** @default nothing */
  readonly userData?: string
}

/** What a machine is made from. */
export interface MachineParts {
  /** Name among the machines of its site. */
  readonly name: string
  readonly variant: 'stock' | 'baked'
  /** @default none: no datasource is found */
  readonly seed?: Seed
  /** Files laid on the image, by absolute path, mode 0600 and root's. */
  readonly files?: Readonly<Record<string, string>>
}

/** A machine with a disk of its own, real or nearly so. Everything of it ends with its site. */
export interface Machine {
  readonly name: string
  /** In the network segment that it shares with the other machines of its site. */
  readonly address: string
  /** Since it was last switched on. */
  console(): SerialConsole
  /** Switches it on; its console then shows how far it is. */
  start(): Promise<void>
  /** As the plug pulled: nothing is asked, nothing is flushed. */
  cutPower(): Promise<void>
  /** Tells it to stop as its owner would, and waits until it is off. */
  shutDown(): Promise<void>
  /** Writes what its screen shows as a PNG; undefined when it has none. */
  screenshot?(path: string): Promise<void>
  /** Another machine whose disk begins as a copy of this one's; this one must be off. */
  clone(parts: { readonly name: string; readonly seed: Seed }): Promise<Machine>
}

/** Makes machines of one kind. */
export interface MachineMaker {
  /** For messages: `nspawn`, `QEMU`. */
  readonly kind: string
  /** Why such machines cannot be made here; undefined when they can. */
  missing(): string | undefined
  /** Makes a machine; it is off. */
  make(place: MachinePlace, parts: MachineParts): Promise<Machine>
}

/** Where a machine stands. */
export interface MachinePlace {
  /** Network namespace, whose `eth0` has the address. */
  readonly namespace: string
  readonly address: string
  readonly gateway: string
  /** For its files; removed by its owner after the machine is off. */
  readonly folder: string
  /** Makes another place, for a clone. */
  another(name: string): MachinePlace
  /** Told how to switch the machine off in a hurry: at the end, whatever happened. */
  atEnd(stop: () => Promise<void>): void
}
