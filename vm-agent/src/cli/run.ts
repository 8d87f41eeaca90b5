import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import { createLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { type StopSignals, stopSignals } from '@muster/runtime/signals.ts'
import { type Command, Option } from 'commander'
import { previewContext } from '../apply/apply-context.ts'
import { type AgentFlags, type AgentSettings, loadAgentSettings } from '../config/agent-settings.ts'
import { chooseSurfaces } from '../console/choose-surfaces.ts'
import { refuseJournal } from '../console/journal-guard.ts'
import { type KeyStream, listenToKeys } from '../console/keys.ts'
import { reloadPrompts } from '../console/reload-prompts.ts'
import { RESTORE_TERMINAL } from '../console/surface.ts'
import { readFacts } from '../facts/read-facts.ts'
import { createFetch } from '../http/create-fetch.ts'
import { settleIdentity } from '../identity/settle-identity.ts'
import { hasJoinFile } from '../mesh/join-file.ts'
import { createContextPort } from '../pairing/context-port.ts'
import { createAgentCluster } from '../service/agent-cluster.ts'
import { readAgentHistory } from '../service/agent-history.ts'
import { createAgentUpdates } from '../service/agent-updates.ts'
import { runAgent } from '../service/run-agent.ts'
import { takeRunLock } from '../service/run-lock.ts'
import type { NotifyEnvironment } from '../service/sd-notify.ts'
import { hasUserDataContext } from '../sources/has-user-data-context.ts'
import { createUserData } from '../sources/user-data-service.ts'
import { watchReach } from '../update/reach.ts'
import { endWithFault } from './run-fault.ts'

/** Flags of `run`; the last five come from the environment, where systemd, the shell and the launcher put them. */
interface RunFlags extends AgentFlags {
  readonly notifySocket?: string
  readonly watchdogUsec?: string
  readonly locale?: string
  readonly journalStream?: string
  readonly runs?: string
}

/** Adds `muster-agent run`. */
export function registerRun(program: Command): void {
  program
    .command('run')
    .description('run the agent: show a PIN, be paired, apply the contexts of the owner')
    .addOption(new Option('--coordinator <url>', 'address of the coordinator').env('MUSTER_COORDINATOR'))
    .option('--root <dir>', 'directory that is the machine (default: /)')
    .option('--state <dir>', 'where keys and journal are kept (default: ROOT/var/lib/muster)')
    .option('--config <file>', 'configuration file (default: /etc/muster/agent.conf, if it is there)')
    .option('--console <path>', 'where the PIN is shown: a device or file, stdout, or none (default: stdout)')
    .option('--console-mode <mode>', 'auto, screen (redrawn) or serial (lines) (default: auto)')
    .option('--issue <file>', 'also keep the PIN in a file that getty shows above the login prompt')
    .option('--log-format <format>', 'json or human (default: json)')
    .option('--log-level <level>', 'debug, info, warn or error (default: info)')
    .option(
      '--dns-listen <address>',
      'where services have names: ADDRESS:PORT or off (default: 127.53.53.53:53 as root)',
    )
    .option('--metrics-listen <address>', 'where Prometheus finds metrics: ADDRESS:PORT or off (default: off)')
    .option('--user-data <on|off>', 'apply the context in the user-data of this machine (default: on for root /)')
    .addOption(new Option('--notify-socket <path>').env('NOTIFY_SOCKET').hideHelp())
    .addOption(new Option('--watchdog-usec <n>').env('WATCHDOG_USEC').hideHelp())
    .addOption(new Option('--locale <name>').env('LANG').hideHelp())
    .addOption(new Option('--journal-stream <id>').env('JOURNAL_STREAM').hideHelp())
    .addOption(new Option('--runs <folder>').env('MUSTER_RUNS').hideHelp())
    .action(async (flags: RunFlags) => {
      try {
        await run(flags)
      } catch (error) {
        endWithFault(error)
      }
    })
}

async function run(flags: RunFlags): Promise<void> {
  const settings = await settingsFor(flags)
  if (settings.console === 'stdout') refuseJournal(flags.journalStream, process.stdout.fd)
  // Before anything that the other agent uses as well: its terminal, its log, its journal.
  const lock = await takeRunLock(settings.stateDir, systemClock.now())
  try {
    await runHere(flags, settings)
  } finally {
    await lock.release()
  }
}

/** A machine that its cluster has made, or that has its context from user-data, needs no coordinator: nobody pairs it. */
async function settingsFor(flags: RunFlags): Promise<AgentSettings> {
  const settings = await loadAgentSettings(flags, { needsCoordinator: false })
  if (settings.coordinatorUrl !== '' || (await hasJoinFile(settings.root))) return settings
  if (settings.isUserDataUsed && (await hasUserDataContext(settings.root))) return settings
  return loadAgentSettings(flags, { needsCoordinator: true })
}

async function runHere(flags: RunFlags, settings: AgentSettings): Promise<void> {
  const signals = stopSignals()
  const ui = createTerminalUi(flags, settings)
  const log = createLog({
    level: settings.logLevel,
    format: settings.logFormat,
    ...logDestination(ui.drawsOnStdout, settings),
  })
  const restore = ui.drawsOnStdout ? restoreAtExit() : () => undefined
  endAtSecondSignal(signals)
  const shared = { clock: systemClock, random: systemRandom, log }
  try {
    const cluster = await createAgentCluster({ ...shared, settings, readFacts })
    const { applyDeps, gate } = cluster
    const history = await readAgentHistory(applyDeps, signals.drain)
    const told = await settleIdentity(shared, { ...settings, signal: signals.drain })
    const reach = watchReach(createFetch())
    const updateOptions = { settings, runs: flags.runs, signal: signals.drain }
    const updates = await createAgentUpdates({ ...shared, cluster, reach }, updateOptions)
    const deps = {
      ...shared,
      fetch: reach.fetch,
      cluster,
      updates,
      userData: settings.isUserDataUsed ? createUserData({ ...shared, gate, applyDeps }) : undefined,
      contexts: createContextPort(applyDeps, { applyContext: gate.applyContext, previewContext }),
      surfaces: ui.surfaces,
      notify: notifyEnvironmentOf(flags),
    }
    const notices = [...history.notices, ...told, ...updates.notices]
    await runAgent(deps, { settings, history: { ...history, notices }, signal: updates.signal, onRedraw: ui.onRedraw })
    if (updates.isToStartAgain()) process.exitCode = EXIT.startAgain
  } catch (error) {
    // Asked to stop while it waited for something before it could begin: that is no failure.
    if (!signals.drain.aborted || error !== signals.drain.reason) throw error
  } finally {
    ui.close()
    restore()
  }
}

/** The console with its keys, when it is the terminal of this process. */
function createTerminalUi(flags: RunFlags, settings: AgentSettings) {
  let isSpelled = false
  let redraw: () => void = () => undefined
  const keys: KeyStream = process.stdin
  const hasKeys = keys.isTTY === true
  const chosen = chooseSurfaces(
    {
      clock: systemClock,
      stdout: process.stdout,
      isUnicode: /utf-?8/i.test(flags.locale ?? ''),
      renderOptions: () => ({ isSpelled, hasKeys }),
      reloadIssue: settings.root === '/' && process.geteuid?.() === 0 ? reloadPrompts : async () => undefined,
    },
    settings,
  )
  const onResize = () => redraw()
  const stopKeys = chosen.drawsOnStdout
    ? listenToKeys(keys, {
        toggleSpelling() {
          isSpelled = !isSpelled
          redraw()
        },
        interrupt: () => process.kill(process.pid, 'SIGINT'),
      })
    : () => undefined
  if (chosen.drawsOnStdout) process.stdout.on('resize', onResize)
  return {
    ...chosen,
    onRedraw(ring: () => void) {
      redraw = ring
    },
    close() {
      stopKeys()
      process.stdout.off('resize', onResize)
    },
  }
}

function notifyEnvironmentOf(flags: RunFlags): NotifyEnvironment {
  const usec = /^\d{1,15}$/.test(flags.watchdogUsec ?? '') ? Number(flags.watchdogUsec) : undefined
  return { socket: flags.notifySocket, watchdogUsec: usec === 0 ? undefined : usec }
}

/** On a terminal that is drawn on, the log would write over the screen: it goes to a file of this run. */
function logDestination(drawsOnStdout: boolean, settings: AgentSettings) {
  if (!drawsOnStdout || !process.stderr.isTTY) return {}
  mkdirSync(settings.stateDir, { recursive: true, mode: 0o700 })
  const file = openSync(join(settings.stateDir, 'agent.log'), 'w', 0o600)
  process.once('exit', () => closeSync(file))
  return { destination: { write: (line: string) => void writeSync(file, line) } }
}

/** Gives the terminal back however the process ends; the returned function takes that back. */
function restoreAtExit(): () => void {
  const onExit = () => void writeSync(process.stdout.fd, RESTORE_TERMINAL)
  process.once('exit', onExit)
  return () => void process.off('exit', onExit)
}

function endAtSecondSignal(signals: StopSignals): void {
  signals.now.addEventListener('abort', () => process.exit(EXIT.failed), { once: true })
}
