import { describeResource } from '@muster/contexts/plan/describe.ts'
import type { Plan } from '@muster/contexts/plan/plan.ts'
import { addressOf, type Resource, UNDO_BY_KIND, type Undo } from '@muster/contexts/plan/resource.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { checkContext, diagnosticJson, invalidContext, showDiagnostics } from '../checked-context.ts'
import type { CommandHost } from '../command-host.ts'
import type { CliWorld } from '../world.ts'

interface PlanOptions {
  readonly strict?: boolean
}

const UNDO_NOTE: Readonly<Record<Undo, string>> = {
  exact: '',
  'best-effort': '  (undone as well as possible)',
  none: '  (cannot be undone)',
}

const EXAMPLES = `
Examples:
  muster context plan atlas.context
  muster context plan --json atlas.context | jq '.resources[].address'

The plan is for a machine of no special kind; the machine itself shows the differences when it is paired.`

/** `muster context plan` */
export function addContextPlan(parent: Command, host: CommandHost): void {
  const command = parent
    .command('plan')
    .description('show what a context wants a machine to have, secrets masked')
    .argument('<file>', 'a file, plain or gzip; "-" is standard input')
    .option('--strict', 'warnings count as errors')
    .addHelpText('after', EXAMPLES)
  command.action((file: string, options: PlanOptions) => host.run(command, (world) => plan(world, file, options)))
}

async function plan(world: CliWorld, file: string, options: PlanOptions): Promise<ExitCode> {
  const context = await checkContext(world, file, options)
  if (context.diagnostics.length > 0 && !world.terminal.isJson) {
    world.terminal.warn(showDiagnostics(world, context, false))
  }
  const resources = context.plan?.resources ?? []
  world.terminal.printJson({
    file: context.file,
    contextDigest: context.plan?.contextDigest,
    diagnostics: context.diagnostics.map(diagnosticJson),
    resources: resources.map(resourceJson),
  })
  if (context.plan === undefined) throw invalidContext(context)
  showPlan(world, context.plan)
  return EXIT.done
}

function showPlan(world: CliWorld, { resources }: Plan): void {
  for (const resource of resources) {
    const note = world.terminal.paint('dim', UNDO_NOTE[UNDO_BY_KIND[resource.kind]])
    world.terminal.print(`${world.terminal.paint('green', '+')} ${describeResource(resource)}${note}`)
  }
  world.terminal.print(resources.length === 1 ? '1 thing in all.' : `${resources.length} things in all.`)
}

function resourceJson(resource: Resource): Readonly<Record<string, unknown>> {
  const { kind, origin } = resource
  const undo = UNDO_BY_KIND[kind]
  return { kind, address: addressOf(resource), summary: describeResource(resource), plugin: origin.plugin, undo }
}
