import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import type { Command } from 'commander'
import { readHolder } from '../apply/state-lock.ts'
import { type AgentSettings, loadAgentSettings } from '../config/agent-settings.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { createFetch } from '../http/create-fetch.ts'
import { RUN_LOCK } from '../service/run-lock.ts'
import { checkChannel } from '../update/check-channel.ts'
import type { Verdict } from '../update/judge-release.ts'
import { loadLedger } from '../update/ledger.ts'
import { sourceFor } from '../update/open-updates.ts'
import { UpdateError } from '../update/update-error.ts'
import { readUpdateStatus, type UpdateStatus } from '../update/update-file.ts'
import { askForUpdate } from '../update/update-request.ts'
import { heldBecause } from '../update/update-settings.ts'
import { createVersionStore } from '../update/version-store.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson } from './command-io.ts'
import { type MachineOptions, withMachineOptions } from './machine-options.ts'

interface UpdateFlags extends MachineOptions {
  readonly check?: boolean
  readonly json?: boolean
  readonly config?: string
}

/** What is told at the end. */
interface UpdateResult {
  /** `current`, `offered` (not installed), `refused`, `installed`, `taken-back`. */
  readonly outcome: 'current' | 'offered' | 'refused' | 'installed' | 'taken-back'
  readonly running: string
  readonly offered: string | null
  readonly channel: string
  readonly text: string
}

const LOOK_EVERY_MS = 200
/** Beyond the time that the launcher gives a version: three starts of 15 minutes. */
const PATIENCE_MS = 50 * 60_000

const EXIT_OF: Readonly<Record<UpdateResult['outcome'], ExitCode>> = {
  current: EXIT.done,
  installed: EXIT.done,
  offered: EXIT.differences,
  refused: EXIT.failed,
  'taken-back': EXIT.failed,
}

/** Adds `update`: looks for a new version of the agent, and has the running agent become it. */
export function registerUpdate(program: Command, io: CommandIo): void {
  withMachineOptions(program.command('update').description('look for a new version of this agent, and start it'))
    .option('--check', 'only look: exit code 2 when there is a newer one')
    .option('--config <file>', 'configuration file (default: /etc/muster/agent.conf, if it is there)')
    .option('--json', 'print JSON')
    .action((flags: UpdateFlags) =>
      runCommand(io, flags.json === true, async () => {
        const settings = await settingsOf(flags)
        const result = flags.check === true ? await check(io, settings) : await update(io, settings, flags)
        if (flags.json === true) printJson(io, result)
        else print(io, result.text)
        return EXIT_OF[result.outcome]
      }),
    )
}

async function settingsOf({ root, state, config }: UpdateFlags): Promise<AgentSettings> {
  const flags = { root, ...(state === undefined ? {} : { state }), ...(config === undefined ? {} : { config }) }
  return loadAgentSettings(flags, { needsCoordinator: false })
}

/** Looks by itself: works without an agent, and changes nothing. */
async function check(io: CommandIo, settings: AgentSettings): Promise<UpdateResult> {
  const { root, stateDir, updates } = settings
  const source = sourceFor({ clock: systemClock, fetch: createFetch() }, settings)
  if (source === undefined) {
    throw new UpdateError('no-source', 'nothing to update from is configured', {
      hint: 'Set coordinator or update_url in /etc/muster/agent.conf.',
    })
  }
  const { current } = await createVersionStore(stateDir).pointers()
  const platform = { os: process.platform, arch: process.arch }
  const facts = { running: AGENT_VERSION, runs: current, platform, now: systemClock.now() }
  const ledger = await loadLedger(stateDir)
  const { channel } = updates
  const { verdict } = await checkChannel({ source, channel, root, facts, ledger, signal: io.signal })
  return { ...wordsOf(verdict, settings), running: AGENT_VERSION, offered: verdict.release.version, channel }
}

function wordsOf(verdict: Verdict, { updates }: AgentSettings): Pick<UpdateResult, 'outcome' | 'text'> {
  const { version, publishedAt } = verdict.release
  switch (verdict.verdict) {
    case 'current':
      return { outcome: 'current', text: `${version} runs, and is what channel ${updates.channel} offers.` }
    case 'refused':
      return {
        outcome: 'refused',
        text: `Channel ${updates.channel} offers ${version}, which is not taken: ${verdict.why}.`,
      }
    case 'newer': {
      const held = heldBecause(updates, systemClock.now())
      const then = held === undefined ? 'Install it with: muster-agent update' : `Held: ${held}.`
      return { outcome: 'offered', text: `Channel ${updates.channel} offers ${version} of ${publishedAt}. ${then}` }
    }
  }
}

/** What there was before anybody asked. */
interface Before {
  readonly pid: number
  readonly current: string | undefined
  readonly tries: number
}

/** Has the running agent look, and follows it until its successor is confirmed or taken back. */
async function update(io: CommandIo, settings: AgentSettings, flags: UpdateFlags): Promise<UpdateResult> {
  const { stateDir, root } = settings
  const runtime = await runtimeDirectory(root)
  const pid = await pidOf(stateDir)
  if (pid === undefined) throw noAgent()
  const before = { pid, ...(await standOf(stateDir)) }
  const id = Buffer.from(systemRandom.bytes(8)).toString('hex')
  await askForUpdate(stateDir, id)
  const say = createProgress(io, flags.json !== true)
  const start = systemClock.monotonic()
  while (systemClock.monotonic() - start < PATIENCE_MS) {
    const now = await pidOf(stateDir)
    const status = now === undefined ? undefined : readUpdateStatus(runtime, now)
    if (status !== undefined) {
      say(status)
      const result = answerOf(status, id) ?? (await endOf(status, stateDir, before))
      if (result !== undefined) return result
    }
    await systemClock.sleep(LOOK_EVERY_MS, io.signal)
  }
  throw noAgent()
}

async function standOf(stateDir: string): Promise<Omit<Before, 'pid'>> {
  const { current } = await createVersionStore(stateDir).pointers()
  const { failed } = await loadLedger(stateDir)
  return { current, tries: failed.reduce((sum, { tries }) => sum + tries, 0) }
}

function createProgress(io: CommandIo, isTold: boolean): (status: UpdateStatus) => void {
  let said = ''
  return ({ phase, words }) => {
    if (isTold && phase !== 'idle' && words !== said) print(io, `${words} …`)
    said = words
  }
}

/** The agent has looked and stays what it is. */
function answerOf(status: UpdateStatus, id: string): UpdateResult | undefined {
  if (status.phase !== 'idle' || status.answered !== id) return undefined
  const { running, offered, channel, words } = status
  const text = status.hint === null ? words : `${words}\n  next: ${status.hint}`
  if (status.end === 'failed')
    throw new UpdateError('unreachable', words, { ...(status.hint && { hint: status.hint }) })
  const outcome = status.end === 'offered' || status.end === 'refused' ? status.end : 'current'
  return { outcome, running, offered, channel, text: `${text}.` }
}

/** Another agent runs: it is the new one, confirmed, or one that went back. */
async function endOf(status: UpdateStatus, stateDir: string, before: Before): Promise<UpdateResult | undefined> {
  if (status.phase !== 'idle' || status.pid === before.pid) return undefined
  const { running, offered, channel } = status
  const { current, tries } = await standOf(stateDir)
  if (current !== before.current && current !== undefined) {
    const version = current.replace(/-[0-9a-f]{12}$/, '')
    return { outcome: 'installed', running, offered: version, channel, text: `${version} runs and is confirmed.` }
  }
  const last = (await loadLedger(stateDir)).failed.at(-1)
  // Neither: somebody has started the agent anew, and the request waits for it.
  if (last === undefined || tries <= before.tries) return undefined
  const text = `${last.version} was tried and taken back: ${last.why}.`
  return { outcome: 'taken-back', running, offered, channel, text }
}

async function pidOf(stateDir: string): Promise<number | undefined> {
  return (await readHolder(join(stateDir, RUN_LOCK)))?.pid
}

function noAgent(): UpdateError {
  return new UpdateError('no-agent', 'no agent runs on this machine', {
    hint: 'Start it: systemctl start muster-agent. To look only: muster-agent update --check.',
  })
}
