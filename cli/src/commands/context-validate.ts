import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { type CheckedContext, checkContext, diagnosticJson, showDiagnostics } from '../checked-context.ts'
import { CliError } from '../cli-error.ts'
import type { CommandHost } from '../command-host.ts'
import { STANDARD_INPUT } from '../text-file.ts'
import type { CliWorld } from '../world.ts'

interface ValidateOptions {
  readonly annotate?: boolean
  readonly strict?: boolean
}

const EXAMPLES = `
Examples:
  muster context validate atlas.context
  muster context validate --strict --annotate *.context
  curl -s https://example.org/user-data | muster context validate -

Each problem is a line FILE:LINE:COLUMN: severity[code]: message. Exit code 0: usable; 65: errors.`

/** `muster context validate` */
export function addContextValidate(parent: Command, host: CommandHost): void {
  const command = parent
    .command('validate')
    .description('check contexts offline: every problem with its line and column')
    .argument('<file...>', 'files, plain or gzip; "-" is standard input')
    .option('--annotate', 'show the line of each problem with the place marked')
    .option('--strict', 'warnings count as errors')
    .addHelpText('after', EXAMPLES)
  command.action((files: readonly string[], options: ValidateOptions) =>
    host.run(command, (world) => validate(world, files, options)),
  )
}

async function validate(world: CliWorld, files: readonly string[], options: ValidateOptions): Promise<ExitCode> {
  if (files.filter((file) => file === STANDARD_INPUT).length > 1) {
    throw new CliError('usage', 'Standard input can be read once only')
  }
  const checked: CheckedContext[] = []
  for (const file of files) checked.push(await checkContext(world, file, options))
  for (const context of checked) {
    if (context.diagnostics.length > 0) world.terminal.print(showDiagnostics(world, context, options.annotate === true))
    else world.terminal.note(`${context.file}: no problems`)
  }
  world.terminal.printJson({ isValid: checked.every(isValid), files: checked.map(fileJson) })
  return checked.every(isValid) ? EXIT.done : EXIT.badInput
}

function isValid(context: CheckedContext): boolean {
  return context.plan !== undefined
}

function fileJson(context: CheckedContext): Readonly<Record<string, unknown>> {
  return { file: context.file, isValid: isValid(context), diagnostics: context.diagnostics.map(diagnosticJson) }
}
