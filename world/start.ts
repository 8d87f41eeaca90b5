import { join, resolve } from 'node:path'
import { EXIT } from '@muster/runtime/exit.ts'
import { stopSignals } from '@muster/runtime/signals.ts'
import { createDemoCluster } from './cluster/demo-cluster.ts'
import { showDemo } from './cluster/show-demo.ts'
import { type RunningCoordinator, startCoordinator } from './coordinator.ts'
import { makeWorldFolder } from './folder.ts'
import { startMachine } from './machine.ts'
import { decodeWorldOptions, WORLD_HELP, type WorldOptions } from './options.ts'
import { type SeededAccount, seedCoordinator } from './seed.ts'
import { runTour } from './tour.ts'
import { WorldError } from './world-error.ts'

/** Entry of `npm start`: the whole system on this machine. */
const checkout = join(import.meta.dirname, '..')
const binFolder = join(checkout, 'bin')
const sampleFolders = [join(checkout, 'contexts/library'), join(checkout, 'tests/testdata/public-contexts')]

const write = (line: string) => process.stdout.write(`${line}\n`)

interface Stage {
  readonly folder: string
  readonly options: WorldOptions
  readonly coordinator: RunningCoordinator
  readonly account: SeededAccount
  readonly signal: AbortSignal
}

async function main(): Promise<number> {
  const options = decodeWorldOptions(process.argv.slice(2))
  if (options.isHelp) {
    process.stdout.write(WORLD_HELP)
    return EXIT.done
  }
  const folder = await makeWorldFolder(options.dataFolder, process.cwd())
  try {
    return await runWorld(folder.path, options)
  } finally {
    await folder.dispose()
  }
}

async function runWorld(folder: string, options: WorldOptions): Promise<number> {
  const { drain } = stopSignals()
  write('Starting the coordinator …')
  const coordinator = await startCoordinator({
    binFolder,
    dataFolder: join(folder, 'coordinator'),
    distFolder: options.distFolder === undefined ? undefined : resolve(options.distFolder),
    signal: drain,
  })
  try {
    const account = await seedCoordinator(coordinator.url, sampleFolders)
    if (!options.isTour) showFirstSteps(coordinator.url, account)
    return await runMachines({ folder, options, coordinator, account, signal: drain })
  } finally {
    await coordinator.stop()
  }
}

/** The machine that is paired, and beside it a cluster of three. */
async function runMachines({ folder, options, coordinator, account, signal }: Stage): Promise<number> {
  const demo = createDemoCluster({ api: account.api, binFolder, folder: join(folder, 'cluster'), signal })
  try {
    const machine = await startMachine({
      binFolder,
      folder: join(folder, 'machine'),
      coordinatorUrl: coordinator.url,
      onConsole: (line) => write(`  console │ ${line}`),
    })
    try {
      if (options.isTour) return await runTour({ account, machine, coordinator, demo, binFolder, write, signal })
      void showDemo({ demo, url: coordinator.url, write, signal })
      await untilEnded(signal, [coordinator.ended, machine.ended])
      return signal.aborted ? EXIT.done : EXIT.failed
    } finally {
      await machine.stop()
    }
  } finally {
    await demo.stop()
  }
}

function showFirstSteps(url: string, account: SeededAccount): void {
  write('')
  write(`  Pages     ${url}`)
  write(`  Account   ${account.login}`)
  write(`  Password  ${account.password.reveal()}`)
  write('')
  write(`  1. Open the pages and sign in; ${account.contextCount} sample contexts are there.`)
  write('  2. Choose "Pair a machine" and type the PIN that the console below shows.')
  write('  3. Choose a context, look at the plan, approve, and watch the machine become it.')
  write('')
  write(
    '  Ctrl-C ends everything. Below is the console of one unpaired machine; a cluster is told of as soon as it is there.',
  )
  write('')
}

/** Resolves when the signal aborts (or has aborted while things were started) or one of the programs ends. */
async function untilEnded(signal: AbortSignal, programs: readonly Promise<unknown>[]): Promise<void> {
  if (signal.aborted) return
  const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await Promise.race([stopped, ...programs])
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof WorldError)) throw error
  process.stderr.write(`${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`)
  process.exitCode = error.code === 'usage' ? EXIT.usage : EXIT.failed
}
