import type { Change } from '@muster/contexts/plan/change.ts'
import { countChanges, hasEffect } from '@muster/contexts/plan/change.ts'
import { renderChanges } from '@muster/contexts/plan/render-change.ts'
import { addressOf } from '@muster/contexts/plan/resource.ts'
import { annotate } from '@muster/contexts/userdata/annotate.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { applyContext, previewContext } from '../apply/apply-context.ts'
import { EXIT_BY_CODE } from '../apply/apply-error.ts'
import type { ApplyReport } from '../apply/apply-report.ts'
import { showProgress } from './apply-progress.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson, warn } from './command-io.ts'
import { applyDepsFor, decodeSeconds, type MachineOptions, withMachineOptions } from './machine-options.ts'
import { diagnosticFacts } from './plan.ts'
import { type GivenContext, readContext } from './read-context.ts'

interface ApplyFlags extends MachineOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
  readonly strict?: boolean
  readonly force?: boolean
  readonly wait: number
}

const EXAMPLES = `
Examples:
  muster-agent apply --dry-run atlas.context     what would change; writes nothing
  muster-agent apply atlas.context               make this machine so
  muster-agent apply --root /srv/tree - < a      make the tree so, from standard input
Signs of a dry run: + create, ~ change, - remove, > run.
Exit codes: 0 done, 1 failed (everything was taken back), 2 differences (dry run), 64 usage, 65 bad context,
70 the way back failed, 75 another apply is under way, 77 root is needed.`

/** Adds `apply`: make a machine what a context says, or show what that would change. */
export function registerApply(program: Command, io: CommandIo): void {
  const command = program
    .command('apply')
    .description('make this machine (or a tree) what a context says, all of it or nothing')
    .argument('<file>', 'context file, - for standard input')
  withMachineOptions(command)
    .option('--dry-run', 'show what would change and write nothing')
    .option('--strict', 'warnings are errors, and what cannot be done fails the apply')
    .option('--wait <seconds>', 'wait so long for another apply to end', decodeSeconds, 0)
    .option('--force', 'run scripts and once-only commands again even if they ran for this context')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: ApplyFlags) =>
      runCommand(io, flags.json === true, async () => {
        const given = await readContext(io, file)
        return flags.dryRun === true ? dryRun(io, file, given, flags) : apply(io, file, given, flags)
      }),
    )
}

async function dryRun(io: CommandIo, file: string, given: GivenContext, flags: ApplyFlags): Promise<ExitCode> {
  const preview = await previewContext(await applyDepsFor(io, flags), requestOf(io, given, flags))
  const diagnostics = [...given.diagnostics, ...preview.diagnostics]
  const { changes, notDone, warnings } = preview
  if (flags.json === true) {
    const listed = changes?.map(changeFacts)
    printJson(io, { diagnostics: diagnostics.map(diagnosticFacts), changes: listed ?? null, notDone, warnings })
  } else {
    io.errors.write(annotate(diagnostics, given.text, { file }))
    if (changes !== undefined) io.output.write(renderChanges(changes))
    for (const one of notDone) print(io, `not done: ${one.address}: ${one.reason}`)
    for (const one of warnings) print(io, `warning: ${one.address}: ${one.message} [${one.code}]`)
  }
  if (changes === undefined) return EXIT.badInput
  if (flags.strict === true && notDone.length > 0) return EXIT.notPermitted
  return hasEffect(changes) ? EXIT.differences : EXIT.done
}

async function apply(io: CommandIo, file: string, given: GivenContext, flags: ApplyFlags): Promise<ExitCode> {
  const deps = await applyDepsFor(io, flags)
  const progress = flags.json === true ? undefined : showProgress(io)
  const report = await applyContext(deps, {
    ...requestOf(io, given, flags),
    waitSeconds: flags.wait,
    onWait: (holder) => warn(io, `Waiting up to ${flags.wait} s: ${holder} holds the lock.`),
    ...(progress === undefined ? {} : { onProgress: progress.show }),
  })
  progress?.end()
  if (flags.json === true) {
    printJson(io, reportFacts(report))
  } else {
    io.errors.write(annotate([...given.diagnostics, ...report.diagnostics], given.text, { file }))
    for (const line of report.lines) print(io, line)
  }
  return exitOf(report)
}

function exitOf(report: ApplyReport): ExitCode {
  if (report.summary.outcome === 'rollback-failed') return EXIT_BY_CODE['rollback-failed']
  if (report.summary.outcome === 'waiting') return EXIT.tryAgain
  return report.error === undefined ? EXIT.done : EXIT_BY_CODE[report.error.code]
}

function requestOf(io: CommandIo, given: GivenContext, flags: ApplyFlags) {
  return {
    text: given.text,
    context: given.reference,
    isStrict: flags.strict === true,
    isForced: flags.force === true,
    signal: io.signal,
  }
}

function changeFacts(change: Change) {
  const { action, summary, undo, notes, resource } = change
  return { action, address: addressOf(resource), kind: resource.kind, summary, undo, notes }
}

/** A report for programs: no resources, which hold secrets. */
function reportFacts(report: ApplyReport) {
  const { context, summary, diagnostics, changes, notDone, warnings, runs, recovery, waitingFor, error } = report
  return {
    context,
    summary,
    counts: countChanges(changes),
    changes: changes.map(changeFacts),
    diagnostics: diagnostics.map(diagnosticFacts),
    notDone,
    warnings,
    runs,
    recovery: recovery ?? null,
    waitingFor,
    error: error ?? null,
  }
}
