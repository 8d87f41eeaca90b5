import { join } from 'node:path'
import { interruptedApply, interruptedWords } from '@muster/contexts/wire/interrupted-apply.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { type ApplyStatus, readApplyStatus } from '../apply/apply-status.ts'
import { readHolder } from '../apply/state-lock.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import { loadIdentity } from '../identity/identity-record.ts'
import { loadPairingRecord, type PairingRecord } from '../identity/pairing-record.ts'
import { type ClusterStatus, readClusterStatus } from '../mesh/cluster-file.ts'
import { RUN_LOCK } from '../service/run-lock.ts'
import { readUserDataEntries } from '../sources/user-data-record.ts'
import { readUpdateStatus, type UpdateStatus } from '../update/update-file.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson } from './command-io.ts'
import { applyDepsFor, type MachineOptions, withMachineOptions } from './machine-options.ts'
import { identityFacts, identityLines, userDataLines } from './status-origin.ts'

interface StatusFlags extends MachineOptions {
  readonly json?: boolean
}

/** Adds `status`: what this machine is and what was applied to it. Reads only. */
export function registerStatus(program: Command, io: CommandIo): void {
  withMachineOptions(program.command('status').description('show pairing, context, last apply and journal'))
    .option('--json', 'print JSON')
    .action((flags: StatusFlags) => runCommand(io, flags.json === true, () => status(io, flags)))
}

async function status(io: CommandIo, flags: StatusFlags) {
  const { stateDirectory, root } = await applyDepsFor(io, flags)
  const identity = await loadIdentity(stateDirectory)
  const pairing = await loadPairingRecord(stateDirectory)
  const apply = await readApplyStatus(stateDirectory)
  const userData = (await readUserDataEntries(stateDirectory)).at(-1)
  const agentPid = (await readHolder(join(stateDirectory, RUN_LOCK)))?.pid
  const runtime = await runtimeDirectory(root)
  const cluster = agentPid === undefined ? undefined : readClusterStatus(runtime, agentPid)
  const update = agentPid === undefined ? undefined : readUpdateStatus(runtime, agentPid)
  if (flags.json === true)
    printJson(io, {
      ...statusFacts(pairing, apply),
      agentPid: agentPid ?? null,
      cluster: clusterFacts(cluster),
      update: updateFacts(update),
      identity: identityFacts(identity),
      userData: userData ?? null,
    })
  else {
    const origin = [...identityLines(identity), ...userDataLines(userData, apply.lockHolder !== undefined)]
    for (const [label, text] of [
      agentLine(agentPid),
      ...updateLines(update),
      ...clusterLines(cluster),
      ...origin,
      ...statusLines(pairing, apply),
    ])
      print(io, `${`${label}:`.padEnd(13)}${text}`)
  }
  return EXIT.done
}

function statusFacts(pairing: PairingRecord | undefined, apply: ApplyStatus) {
  const paired =
    pairing === undefined
      ? null
      : {
          machineId: pairing.machineId,
          coordinatorUrl: pairing.coordinatorUrl,
          owner: pairing.owner.login,
          pairedAt: timeOf(pairing.pairedAt),
        }
  const { lastApply, undoable, hasOpenJournal, lockHolder, stateDirectory } = apply
  return {
    paired,
    context: lastApply?.appliedContext ?? null,
    lastApply: lastApply ?? null,
    undoable: undoable ?? null,
    hasOpenJournal,
    lockHolder: lockHolder ?? null,
    stateDirectory,
  }
}

function clusterFacts(status: ClusterStatus | undefined) {
  if (status === undefined) return null
  const { pid: _, words, ...facts } = status
  return { ...facts, text: words }
}

function clusterLines(status: ClusterStatus | undefined): readonly (readonly [string, string])[] {
  if (status === undefined) return []
  const lines: (readonly [string, string])[] = [['cluster', status.words]]
  if (status.hint !== null) lines.push(['', status.hint])
  const waitingFor = status.context?.waitingFor ?? []
  if (waitingFor.length > 0) lines.push(['waiting for', waitingFor.join(', ')])
  return lines
}

function updateFacts(status: UpdateStatus | undefined) {
  if (status === undefined) return null
  const { version: _, pid: __, answered: ___, words, ...facts } = status
  return { ...facts, text: words }
}

function updateLines(status: UpdateStatus | undefined): readonly (readonly [string, string])[] {
  if (status === undefined) return []
  const { running, runs, words, hint, checkedAt } = status
  const looked = checkedAt === null ? '' : ` (looked at ${checkedAt})`
  const lines: (readonly [string, string])[] = [
    ['version', runs === 'baked' ? `${running}, of the image` : running],
    ['update', `${words}${looked}`],
  ]
  return hint === null ? lines : [...lines, ['', hint]]
}

function agentLine(pid: number | undefined): readonly [string, string] {
  return ['agent', pid === undefined ? 'does not run' : `runs as process ${pid}`]
}

function endOf(summary: ApplySummary): string {
  const { outcome, finishedAt, changes, notDone, warnings } = summary
  const interrupted = interruptedApply(summary)
  if (interrupted !== undefined) return `${outcome} at ${finishedAt}. ${interruptedWords(interrupted)}`
  return `${outcome} at ${finishedAt}, ${changes} changes, ${notDone} not done, ${warnings} warnings`
}

function statusLines(pairing: PairingRecord | undefined, apply: ApplyStatus): readonly (readonly [string, string])[] {
  const { lastApply, undoable, stateDirectory } = apply
  const lines: (readonly [string, string])[] = [['paired', pairingText(pairing)]]
  if (lastApply === undefined) {
    lines.push(['last apply', 'none'])
  } else {
    const { appliedContext, context, summary, rolledBackAt } = lastApply
    lines.push(['context', appliedContext === undefined ? 'none' : nameOf(appliedContext)])
    lines.push(['last apply', `${nameOf(context)} ${endOf(summary)}`])
    if (rolledBackAt !== undefined) lines.push(['rolled back', timeOf(rolledBackAt)])
  }
  if (undoable !== undefined)
    lines.push([
      'rollback',
      `would take back ${undoable.contextName} (${undoable.contextDigest.slice(0, 12)}) of ${timeOf(undoable.startedAt)}`,
    ])
  if (apply.hasOpenJournal)
    lines.push(['journal', 'an apply did not end; the next apply or rollback takes it back first'])
  if (apply.lockHolder !== undefined) lines.push(['lock', `held by ${apply.lockHolder}`])
  lines.push(['state', stateDirectory])
  return lines
}

function nameOf(context: ContextReference): string {
  const version = context.version === undefined ? '' : `@${context.version}`
  return `${context.name}${version} (${context.digest.slice(0, 12)})`
}

function pairingText(pairing: PairingRecord | undefined): string {
  if (pairing === undefined) return 'no'
  return `as ${pairing.machineId} by ${pairing.owner.login} at ${pairing.coordinatorUrl}`
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
