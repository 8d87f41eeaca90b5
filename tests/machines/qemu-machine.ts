import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasProgram, hasRoot } from '../capabilities.ts'
import { runTool } from '../image/run-tool.ts'
import { testImage } from '../image/test-image.ts'
import { type RunningProgram, startProgram } from '../program.ts'
import type { Machine, MachineMaker, MachineParts, MachinePlace, Seed } from './machine.ts'
import { offInTime } from './off-in-time.ts'
import { openQmp, type Qmp } from './qmp.ts'
import { createSerialConsole, type SerialConsole } from './serial-console.ts'

/** How QEMU machines differ from the usual one. */
export interface QemuOptions {
  /** With a video card that shows the first console, in text mode of 80x25. @default false */
  readonly hasScreen?: boolean
  /** With a card in a segment that the machines of a site share, besides the way to its coordinator. @default false */
  readonly hasSegment?: boolean
}

/** What no guest of these tests needs is left out; `mitigations` and watchdog cost an emulated processor much. */
const KERNEL_LINE = 'root=/dev/nvme0n1 rw quiet mitigations=off nowatchdog'
const CPU = ['-accel', 'tcg,thread=multi,tb-size=256', '-machine', 'q35', '-cpu', 'Nehalem', '-smp', '1', '-m', '768']

/** An emulated machine needs a minute when the real one is busy; one of its programs may take its whole time, 100 s. */
const SHUT_DOWN_LIMIT_MS = 300_000

/** Real machines, emulated: a kernel of their own, and minutes to boot. */
export function createQemuMaker(options: QemuOptions = {}): MachineMaker {
  return {
    kind: 'QEMU',
    missing() {
      if (!hasRoot()) return 'the image and the network need root'
      const packages = { 'qemu-system-x86_64': 'qemu-system-x86', xorriso: 'xorriso', debugfs: 'e2fsprogs' }
      const lacking = Object.entries(packages).filter(([program]) => !hasProgram(program))
      return lacking.length === 0 ? undefined : `needs ${lacking.map(([, name]) => name).join(', ')}`
    },
    async make(place, parts) {
      const { disk = '', kernel } = await testImage(parts.variant, { hasDisk: true })
      await copyDisk(disk, place.folder)
      const segment = options.hasSegment === true ? { '/etc/systemd/network/05-segment.network': segmentOf(place) } : {}
      await writeIntoDisk(place.folder, { ...segment, ...parts.files })
      await writeSeed(place.folder, parts.seed)
      return createQemuMachine(place, parts, { ...options, kernel })
    },
  }
}

async function copyDisk(from: string, folder: string): Promise<void> {
  await runTool('cp', ['--sparse=always', '--reflink=auto', from, join(folder, 'disk.raw')])
}

/** Into the file system of the disk, without mounting it. */
async function writeIntoDisk(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const commands: string[] = []
  for (const [index, [path, text]] of Object.entries(files).entries()) {
    const source = join(folder, `file-${index}`)
    writeFileSync(source, text, { mode: path.startsWith('/etc/systemd/') ? 0o644 : 0o600 })
    commands.push(`mkdir ${dirname(path)}`, `rm ${path}`, `write ${source} ${path}`)
  }
  if (commands.length === 0) return
  const script = join(folder, 'debugfs-commands')
  writeFileSync(script, `${commands.join('\n')}\n`)
  await runTool('debugfs', ['-w', '-f', script, join(folder, 'disk.raw')])
}

async function writeSeed(folder: string, seed: Seed | undefined): Promise<void> {
  rmSync(join(folder, 'seed.iso'), { force: true })
  if (seed === undefined) return
  const content = join(folder, 'seed')
  mkdirSync(content, { recursive: true })
  writeFileSync(join(content, 'meta-data'), `instance-id: ${seed.instanceId}\n`)
  writeFileSync(join(content, 'user-data'), seed.userData ?? '')
  const iso = ['-output', join(folder, 'seed.iso'), '-volid', 'cidata', '-joliet', '-rock', '-quiet', content]
  await runTool('xorriso', ['-as', 'genisoimage', ...iso])
}

interface Running {
  readonly program: RunningProgram
  readonly console: SerialConsole
  readonly qmp: () => Promise<Qmp>
}

function createQemuMachine(
  place: MachinePlace,
  parts: MachineParts,
  options: QemuOptions & { readonly kernel: string },
): Machine {
  const { name } = parts
  let running: Running | undefined
  const on = () => {
    if (running === undefined) throw new Error(`${name} is off`)
    return running
  }
  const cutPower = async () => {
    await running?.program.stop('SIGKILL')
    running = undefined
  }
  place.atEnd(cutPower)
  return {
    name,
    address: segmentAddress(place),
    console: () => on().console,
    async start() {
      if (running !== undefined) throw new Error(`${name} is on`)
      running = boot(place, name, [...argumentsOf(place, parts, options)])
    },
    cutPower,
    async shutDown() {
      const { program, console, qmp } = on()
      await (await qmp()).execute('system_powerdown')
      await offInTime({ name, console, ended: program.ended, limitMs: SHUT_DOWN_LIMIT_MS, cutPower })
      running = undefined
    },
    async screenshot(path) {
      await (await on().qmp()).execute('screendump', { filename: path, format: 'png' })
    },
    async clone({ name: next, seed }) {
      const other = place.another(next)
      await copyDisk(join(place.folder, 'disk.raw'), other.folder)
      await writeSeed(other.folder, seed)
      return createQemuMachine(other, { ...parts, name: next, seed }, options)
    },
  }
}

function argumentsOf(
  place: MachinePlace,
  { seed }: MachineParts,
  { kernel, hasScreen, hasSegment }: QemuOptions & { readonly kernel: string },
): readonly string[] {
  // The kernel's last console is /dev/console; each of them gets a login prompt.
  const consoles = hasScreen === true ? 'console=tty0 console=ttyS0' : 'console=ttyS0'
  const noCloud = join(place.folder, 'seed.iso')
  return [
    ...CPU,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio'],
    ...(hasScreen === true ? ['-device', 'VGA'] : []),
    ...['-qmp', `unix:${join(place.folder, 'qmp')},server=on,wait=off`],
    ...['-kernel', kernel, '-append', `${consoles} ${KERNEL_LINE}`],
    // What is not asked to be on the disk may wait; what QEMU has written stays when QEMU is killed.
    ...['-drive', `file=${join(place.folder, 'disk.raw')},format=raw,if=none,id=d0,cache=unsafe`],
    ...['-device', 'nvme,id=nvme,serial=muster', '-device', 'nvme-ns,drive=d0,bus=nvme,nsid=1'],
    ...['-netdev', 'user,id=n0', '-device', `virtio-net-pci,netdev=n0,mac=${macOf(place, 1)}`],
    ...(seed === undefined ? [] : seedArguments(noCloud)),
    ...(hasSegment === true ? segmentArguments(place) : []),
    ...['-device', 'virtio-rng-pci'],
  ]
}

/**
 * At the controller of the disk, whose driver is built in. cloud-init decides whether there is a datasource before any
 * driver is loaded, and would not see a disk of another kind.
 */
function seedArguments(file: string): readonly string[] {
  const drive = ['-drive', `file=${file},format=raw,if=none,id=d1,readonly=on`]
  return [...drive, '-device', 'nvme-ns,drive=d1,bus=nvme,nsid=2']
}

/** Datagrams of the site's network carry the frames of the segment. */
function segmentArguments(place: MachinePlace): readonly string[] {
  return [
    ...['-netdev', `socket,id=n1,mcast=230.77.0.1:7701,localaddr=${place.address}`],
    ...['-device', `virtio-net-pci,netdev=n1,mac=${macOf(place, 2)}`],
  ]
}

function segmentAddress({ address }: MachinePlace): string {
  return `192.168.77.${address.split('.').at(-1)}`
}

/** Questions to all go where their route leads: not to the way out, but to the neighbours. */
function segmentOf(place: MachinePlace): string {
  const card = `[Match]\nMACAddress=${macOf(place, 2)}\n\n[Network]\nAddress=${segmentAddress(place)}/24\n`
  return `${card}\n[Route]\nDestination=224.0.0.0/4\nScope=link\n`
}

/** Of the machine's first or second card. */
function macOf({ address }: MachinePlace, card: 1 | 2): string {
  return `52:54:00:77:0${card}:${Number(address.split('.').at(-1)).toString(16).padStart(2, '0')}`
}

/**
 * In the namespace of the place, so that the machine's network is that of the site and nothing else. It does not
 * outlive this process.
 */
function boot({ namespace, folder }: MachinePlace, name: string, args: readonly string[]): Running {
  const inside = ['netns', 'exec', namespace, 'qemu-system-x86_64', ...args]
  const program = startProgram('ip', inside, { isStdinOpen: true })
  const feed = createSerialConsole(name, (text) => program.child.stdin?.write(text))
  program.child.stdout?.on('data', (piece: string) => feed.receive(piece))
  program.ended.then(
    ({ code, stderr }) => feed.close(`the machine is off (${code}) ${stderr}`),
    () => undefined,
  )
  let qmp: Promise<Qmp> | undefined
  return {
    program,
    console: feed.console,
    qmp() {
      qmp ??= openQmp(join(folder, 'qmp'))
      return qmp
    },
  }
}
