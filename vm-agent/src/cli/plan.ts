import { describeResource } from '@muster/contexts/plan/describe.ts'
import { planContext } from '@muster/contexts/plan/plan-context.ts'
import { addressOf } from '@muster/contexts/plan/resource.ts'
import { annotate } from '@muster/contexts/userdata/annotate.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson } from './command-io.ts'
import { applyDepsFor } from './machine-options.ts'
import { readContext } from './read-context.ts'

interface PlanFlags {
  readonly root: string
  readonly json?: boolean
  readonly strict?: boolean
}

const EXAMPLES = `
Examples:
  muster-agent plan atlas.context             what this context asks of this machine
  muster-agent plan --json - < atlas.context  the same for programs
Exit codes: 0 it can be used, 65 it has errors (or warnings, with --strict).`

/** Adds `plan`: what a context asks for, and its problems. Reads nothing of the machine but its facts. */
export function registerPlan(program: Command, io: CommandIo): void {
  program
    .command('plan')
    .description('show what a context asks for, with all its problems')
    .argument('<file>', 'context file, - for standard input')
    .option('--root <dir>', 'take the facts of the machine from the tree below DIR', '/')
    .option('--strict', 'warnings are errors')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: PlanFlags) => runCommand(io, flags.json === true, () => plan(io, file, flags)))
}

async function plan(io: CommandIo, file: string, flags: PlanFlags) {
  const given = await readContext(io, file)
  const deps = await applyDepsFor(io, { root: flags.root })
  const facts = await deps.readFacts({ root: deps.root, signal: io.signal })
  const result = planContext(decodeContext(given.text), facts, { isStrict: flags.strict === true })
  const diagnostics = [...given.diagnostics, ...result.diagnostics]
  const resources = result.plan?.resources ?? []
  if (flags.json === true) {
    printJson(io, {
      digest: given.reference.digest,
      isUsable: result.plan !== undefined,
      diagnostics: diagnostics.map(diagnosticFacts),
      resources: resources.map((one) => ({
        address: addressOf(one),
        kind: one.kind,
        plugin: one.origin.plugin,
        summary: describeResource(one),
      })),
    })
  } else {
    io.errors.write(annotate(diagnostics, given.text, { file }))
    for (const resource of resources) print(io, describeResource(resource))
    print(io, result.plan === undefined ? 'This context cannot be used.' : `${resources.length} resources.`)
  }
  return result.plan === undefined ? EXIT.badInput : EXIT.done
}

/** A diagnostic for programs. */
export function diagnosticFacts(one: Diagnostic) {
  const { severity, code, message, hint, span } = one
  const place = { line: span.start.line, column: span.start.column }
  return { severity, code, message, ...(hint === undefined ? {} : { hint }), ...place }
}
