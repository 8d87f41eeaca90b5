import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { canBuildTrees, hasProgram } from '../capabilities.ts'
import { PROJECT_ROOT } from '../program.ts'
import { publicContextPath } from '../public-contexts/public-context.ts'
import { copyTree, type TreeCopy } from '../trees/debian-tree.ts'
import { WITH_CLOUD_INIT } from '../trees/recipe.ts'
import { demandSame, encodeCloudConfig, type MadeByAgent, readMadeByAgent, seedCloudInit } from './cloud-config.ts'
import { type Cost, measureProgram } from './cpu-time.ts'
import type { Benchmark } from './report.ts'
import { shippedAgent } from './shipped-agent.ts'
import { median } from './statistics.ts'

const AGENT = join(PROJECT_ROOT, 'bin/muster-agent')
const USER = 'atlas'

/** A boot's four calls, as the units of the Debian package make them. */
const BOOT =
  'cloud-init init --local && cloud-init init && cloud-init modules --mode=config && cloud-init modules --mode=final'
/** The least that does the work: one call that finds the seed and runs the two modules. */
const ONE_CALL = 'cloud-init init --local'

/** `apply` of the ATLAS context into a tree, beside cloud-init doing the same in a chroot of the same tree. */
export const applyBesideCloudInit: Benchmark = {
  name: 'apply',
  title:
    'atlas.context applied to a Debian tree, beside cloud-init doing the same users, groups, files and environment',
  missing: () => (canBuildTrees() && hasProgram('unshare') ? undefined : 'needs root, mmdebstrap and unshare'),
  async run({ runs, say }) {
    using agent = await shippedAgent()
    const made = await readWishes()
    await measureAgent(agent.argv)
    const costs = { shipped: [] as Cost[], source: [] as Cost[], boot: [] as Cost[], oneCall: [] as Cost[] }
    for (let run = 0; run < runs; run++) {
      say(`apply: run ${run + 1} of ${runs}`)
      costs.shipped.push(await measureAgent(agent.argv))
      costs.source.push(await measureAgent([AGENT]))
      costs.boot.push(await measureCloudInit(BOOT, made))
      costs.oneCall.push(await measureCloudInit(ONE_CALL, made))
    }
    return {
      name: 'apply',
      title: applyBesideCloudInit.title,
      rows: [
        row('muster-agent apply, the shipped executable', costs.shipped, costs.shipped),
        row('muster-agent apply, from this checkout', costs.source, costs.shipped),
        row('cloud-init, the four calls of a boot', costs.boot, costs.shipped),
        row('cloud-init, one call only', costs.oneCall, costs.shipped),
      ],
      targets: [target('one file', costs.boot, costs.shipped), target('from this checkout', costs.boot, costs.source)],
      notes: [
        `medians of ${runs} runs in turns, each on a fresh copy of one tree; the agent also runs the context's script`,
        'cloud-init has a local seed and only the modules write-files and users-groups; its results were compared',
      ],
    }
  },
}

function target(form: string, boot: readonly Cost[], agent: readonly Cost[]) {
  const measured = ratio(boot, agent, 'wallMs')
  return { wish: `apply at least 5 times as fast as cloud-init's run (wall), ${form}`, measured, isMet: measured >= 5 }
}

async function readWishes(): Promise<MadeByAgent> {
  using before = await copyTree(WITH_CLOUD_INIT)
  using after = await copyTree(WITH_CLOUD_INIT)
  measureProgram([AGENT, 'apply', publicContextPath('atlas'), '--root', after.root])
  return readMadeByAgent(before.root, after.root, USER, 'atlas')
}

/** A copy that is on the disk: else the first to ask for durability, which the agent does, would pay for the copy. */
async function freshTree(): Promise<TreeCopy> {
  const tree = await copyTree(WITH_CLOUD_INIT)
  spawnSync('sync', ['--file-system', tree.root])
  return tree
}

async function measureAgent(program: readonly string[]): Promise<Cost> {
  using tree = await freshTree()
  return measureProgram([...program, 'apply', publicContextPath('atlas'), '--root', tree.root])
}

async function measureCloudInit(calls: string, made: MadeByAgent): Promise<Cost> {
  using tree = await freshTree()
  seedCloudInit(tree.root, encodeCloudConfig(made))
  // In namespaces of its own, so that it can change neither this machine's network nor its name.
  const enter = 'mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/run" && exec chroot "$1" sh -c "$2"'
  const cost = measureProgram(['unshare', '-m', '-n', '-u', '-i', 'sh', '-c', enter, 'sh', tree.root, calls])
  demandSame(tree.root, made)
  return cost
}

function row(what: string, costs: readonly Cost[], agent: readonly Cost[]) {
  return {
    what,
    numbers: {
      'wall ms': median(costs.map(({ wallMs }) => wallMs)),
      'CPU ms': median(costs.map(({ cpuMs }) => cpuMs)),
      'wall, times the first': ratio(costs, agent, 'wallMs'),
      'CPU, times the first': ratio(costs, agent, 'cpuMs'),
    },
  }
}

function ratio(costs: readonly Cost[], agent: readonly Cost[], field: keyof Cost): number {
  return median(costs.map((cost) => cost[field])) / median(agent.map((cost) => cost[field]))
}
