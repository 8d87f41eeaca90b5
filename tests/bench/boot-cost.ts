import { imageMissing, testImage } from '../image/test-image.ts'
import { logIn, type Shell } from '../machines/log-in.ts'
import type { Machine } from '../machines/machine.ts'
import { nspawnMaker } from '../machines/nspawn-machine.ts'
import { ROOT, ROOT_CLOUD_CONFIG } from '../machines/root-login.ts'
import { startBaked } from '../machines/scenes.ts'
import { createSite, type Site } from '../machines/site.ts'
import { labMissing } from '../rig/namespaces.ts'
import type { Benchmark } from './report.ts'
import { median } from './statistics.ts'

const CLOUD_INIT = ['cloud-init-local', 'cloud-init', 'cloud-config', 'cloud-final'] as const

/** What one boot took, in milliseconds. */
interface Boot {
  readonly units: ReadonlyMap<string, number>
  /** Until everything that boots at first is done. */
  readonly total: number
}

/** What the agent costs at boot, as systemd counts, beside cloud-init in the same boot and an image without the agent. */
export const bootCost: Benchmark = {
  name: 'boot',
  title: 'The agent at boot, in a machine of systemd-nspawn, beside cloud-init in the same boot',
  missing: () => imageMissing() ?? nspawnMaker.missing() ?? labMissing(),
  async run({ runs, say }) {
    await testImage('baked')
    const boots = { baked: [] as Boot[], stock: [] as Boot[] }
    let chain = ''
    const turns = Math.min(runs, 5)
    const site = await createSite(nspawnMaker)
    try {
      for (let turn = 0; turn < turns; turn++) {
        say(`boot: turn ${turn + 1} of ${turns}`)
        for (const variant of ['stock', 'baked'] as const) {
          const machine = await startNew(site, variant, turn)
          const shell = await logIn(machine.console(), ROOT.name, ROOT.password)
          boots[variant].push(await readBoot(shell))
          if (variant === 'baked')
            chain = await shell.run('systemd-analyze critical-chain --no-pager muster-agent.service')
          await machine.cutPower()
        }
      }
    } finally {
      await site.remove()
    }
    const unit = (name: string) => median(boots.baked.map(({ units }) => units.get(`${name}.service`) ?? 0))
    const cloudInit = boots.baked.map(({ units }) => sum(CLOUD_INIT.map((name) => units.get(`${name}.service`) ?? 0)))
    return {
      name: 'boot',
      title: bootCost.title,
      rows: [
        { what: 'muster-agent.service until it is ready', numbers: { 'median ms': unit('muster-agent') } },
        { what: 'the four units of cloud-init', numbers: { 'median ms': median(cloudInit) } },
        ...CLOUD_INIT.map((name) => ({ what: `  ${name}.service`, numbers: { 'median ms': unit(name) } })),
        { what: 'whole boot with the agent', numbers: { 'median ms': median(boots.baked.map(({ total }) => total)) } },
        { what: 'whole boot without', numbers: { 'median ms': median(boots.stock.map(({ total }) => total)) } },
      ],
      targets: [],
      notes: [
        `medians of ${turns} first boots each, in turns; cloud-init sets a password and does nothing else`,
        `critical chain of the last: ${chainWords(chain)}`,
      ],
    }
  },
}

/** The units that the agent has waited for, latest first, with when each was up. */
function chainWords(chain: string): string {
  const units = chain.split('\n').filter((line) => line.includes('@'))
  return units
    .slice(0, 6)
    .map((line) => line.replace(/[^\x20-\x7e]+/g, '').trim())
    .join(', after ')
}

async function startNew(site: Site, variant: 'stock' | 'baked', turn: number): Promise<Machine> {
  const name = `${variant}-${turn}`
  const seed = { instanceId: name, userData: ROOT_CLOUD_CONFIG }
  if (variant === 'baked') return startBaked(site, { name, seed })
  const machine = await site.machine({ name, variant, seed })
  await machine.start()
  return machine
}

async function readBoot(shell: Shell): Promise<Boot> {
  await shell.run('systemctl is-system-running --wait || true')
  const blame = await shell.run('systemd-analyze blame --no-pager')
  const units = new Map<string, number>()
  for (const line of blame.split('\n')) {
    const [, span = '', unit = ''] = /^\s*(.+?) (\S+\.\w+)$/.exec(line) ?? []
    if (unit !== '') units.set(unit, millisecondsOf(span))
  }
  const time = await shell.run('systemd-analyze time --no-pager')
  return { units, total: millisecondsOf(/= (.+)$/m.exec(time)?.[1] ?? /in (.+?) \(userspace\)/.exec(time)?.[1] ?? '') }
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000 }

/** `1min 2.345s`, as systemd writes times. */
function millisecondsOf(span: string): number {
  const parts = [...span.matchAll(/([\d.]+)(us|ms|min|s)\b/g)]
  return sum(parts.map(([, number = '', unit = '']) => Number(number) * (UNITS[unit] ?? 0)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
