import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasProgram, hasRoot } from '../capabilities.ts'
import { runTool } from '../image/run-tool.ts'
import { testImage } from '../image/test-image.ts'
import { startProgram } from '../program.ts'
import { until } from '../until.ts'
import { ENTER_GROUP, removeGroup } from './control-groups.ts'
import type { Machine, MachineMaker, MachineParts, MachinePlace, Seed } from './machine.ts'
import { offInTime } from './off-in-time.ts'
import { createSerialConsole, type SerialConsole } from './serial-console.ts'

/** Mounts the disk (an overlay over the image), and becomes nspawn; all mounts and all processes end with it. */
const BOOT = `group="$4"
${ENTER_GROUP}
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/disk,workdir=$2/work" "$2/root"
stty cols 80 rows 25
exec systemd-nspawn --quiet --machine="$3" --directory="$2/root" --network-namespace-path="/run/netns/$4" \\
  --boot --capability=CAP_NET_ADMIN --console=interactive --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no \\
  --bind-ro="$2/seed:/var/lib/cloud/seed"`

/**
 * With a tree of processes of its own, of which nspawn is the first: the machine cannot outlive nspawn, nor nspawn the
 * program that made the tree, nor that one the terminal that `script` holds.
 */
const UNSHARE = 'unshare --mount --propagation private --pid --fork --kill-child --mount-proc'
/** A machine stops in a few seconds; one of its programs may take its whole time, 100 s. */
const SHUT_DOWN_LIMIT_MS = 180_000

/** Machines as containers with an init of their own: no kernel of their own, but seconds to boot. */
export const nspawnMaker: MachineMaker = {
  kind: 'nspawn',
  missing() {
    if (!hasRoot()) return 'systemd-nspawn needs root'
    return hasProgram('systemd-nspawn') ? undefined : 'needs systemd-nspawn of Debian package systemd-container'
  },
  async make(place, parts) {
    const image = await testImage(parts.variant)
    for (const folder of ['disk', 'work', 'root', 'seed']) mkdirSync(join(place.folder, folder), { recursive: true })
    const files = { '/etc/systemd/network/05-place.network': NETWORK, ...parts.files }
    for (const [path, text] of Object.entries(files)) {
      const file = join(place.folder, 'disk', path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text, { mode: path.startsWith('/etc/systemd/') ? 0o644 : 0o600 })
    }
    writeSeed(place.folder, parts.seed)
    return createNspawnMachine(place, parts, image.layers)
  },
}

/**
 * The lab has set the card up: networkd of Debian 12 asks kernels younger than its own for addresses in a way that they
 * refuse, and a container has the kernel of its host.
 */
const NETWORK = `[Match]
Name=eth0

[Network]
KeepConfiguration=yes
LinkLocalAddressing=no
IPv6AcceptRA=no
`

/** Without a seed its folder is empty, and cloud-init finds no datasource. */
function writeSeed(folder: string, seed: Seed | undefined): void {
  if (seed === undefined) return
  const noCloud = join(folder, 'seed/nocloud')
  mkdirSync(noCloud, { recursive: true })
  writeFileSync(join(noCloud, 'meta-data'), `instance-id: ${seed.instanceId}\n`)
  writeFileSync(join(noCloud, 'user-data'), seed.userData ?? '')
  writeFileSync(join(noCloud, 'network-config'), 'version: 2\nethernets: {}\n')
}

/** A machine that is on. */
interface Running {
  readonly console: SerialConsole
  /** Ended when the machine is off. */
  readonly ended: Promise<unknown>
  /** Process id of the program above nspawn. */
  readonly pid: number
}

function createNspawnMachine(place: MachinePlace, { name }: MachineParts, layers: readonly string[]): Machine {
  let running: Running | undefined
  const on = () => {
    if (running === undefined) throw new Error(`${name} is off`)
    return running
  }
  const off = async () => {
    running = undefined
    await removeGroup(place.namespace)
  }
  const cutPower = async () => {
    if (running === undefined) return
    const { ended, pid } = running
    killTree(pid)
    await ended
    await off()
  }
  place.atEnd(cutPower)
  return {
    name,
    address: place.address,
    console: () => on().console,
    async start() {
      if (running !== undefined) throw new Error(`${name} is on`)
      const folder = place.folder
      running = await boot(name, [layers.join(':'), folder, name, place.namespace], join(folder, 'pid'))
    },
    cutPower,
    async shutDown() {
      const { console, ended, pid } = on()
      for (const nspawn of childrenOf(pid)) process.kill(nspawn, 'SIGTERM')
      await offInTime({ name, console, ended, limitMs: SHUT_DOWN_LIMIT_MS, cutPower })
      await off()
    },
    async clone(parts) {
      const next = place.another(parts.name)
      await runTool('cp', ['-a', `${place.folder}/disk`, next.folder])
      for (const folder of ['work', 'root', 'seed']) mkdirSync(join(next.folder, folder), { recursive: true })
      writeSeed(next.folder, parts.seed)
      return createNspawnMachine(next, { name: parts.name, variant: 'baked' }, layers)
    },
  }
}

async function boot(name: string, args: readonly string[], pidFile: string): Promise<Running> {
  // `script` gives it a terminal, and hangs that up when this process is gone: the machine ends then, too.
  const quoted = args.map((arg) => `'${arg}'`).join(' ')
  const command = `echo $$ > '${pidFile}'; exec ${UNSHARE} sh -ec '${BOOT}' sh ${quoted}`
  writeFileSync(pidFile, '')
  const program = startProgram('script', ['-q', '-e', '-f', '-c', command, '/dev/null'], { isStdinOpen: true })
  const feed = createSerialConsole(name, (text) => program.child.stdin?.write(text))
  program.child.stdout?.on('data', (piece: string) => feed.receive(piece))
  program.ended.then(
    ({ code }) => feed.close(`the machine is off (${code})`),
    () => undefined,
  )
  const readPid = () => Number(readFileSync(pidFile, 'utf8')) || undefined
  const pid = await until(`${name} to be switched on`, () => {
    if (program.child.exitCode !== null) throw new Error(`${name} did not start:\n${program.stdout()}`)
    return readPid()
  })
  return { console: feed.console, ended: program.ended, pid }
}

/** The program above nspawn, and nspawn. */
function killTree(pid: number): void {
  for (const one of [...childrenOf(pid), pid]) {
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text
      .split(' ')
      .map(Number)
      .filter((child) => child > 1)
  } catch {
    return []
  }
}
