import { EXIT } from '@muster/runtime/exit.ts'
import { Argument, type Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { completionScript, SHELLS, type Shell } from '../completion-script.ts'

const EXAMPLES = `
Examples:
  source <(muster completion bash)
  muster completion fish > ~/.config/fish/completions/muster.fish`

/** `muster completion` */
export function addCompletion(program: Command, host: CommandHost): void {
  const command = program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
  command.action((shell: Shell) =>
    host.run(command, async (world) => {
      world.terminal.printText(completionScript(program, shell))
      return EXIT.done
    }),
  )
}
