import { runProgram } from '@muster/image-hooks/run-program.ts'
import { stopAgent } from '@muster/image-hooks/start-agent.ts'
import { uninstall } from '@muster/image-hooks/uninstall.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson } from './command-io.ts'
import { refuseRunningAgent, treeRoot } from './image-tree-options.ts'

interface UninstallFlags {
  readonly root: string
  readonly purge?: boolean
  readonly json?: boolean
}

const HELP = `
What somebody has changed stays and is named. The state of the agent (/var/lib/muster) stays as well, without --purge.

Exit codes: 0 done, 65 nothing is installed there, 75 an agent runs, 77 not permitted.`

/** Adds `uninstall`: takes away what `install` has put there. */
export function registerUninstall(program: Command, io: CommandIo): void {
  program
    .command('uninstall')
    .description('take away what install has put there')
    .option('--root <dir>', 'the tree to uninstall from', '/')
    .option('--purge', 'take away changed configuration and the state of the agent too')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((flags: UninstallFlags) => runCommand(io, flags.json === true, () => uninstallHere(io, flags)))
}

async function uninstallHere(io: CommandIo, flags: UninstallFlags) {
  const root = await treeRoot(flags.root)
  if (root === '/') await stopAgent(runProgram)
  await refuseRunningAgent(root)
  const report = await uninstall({ root, isPurge: flags.purge === true })
  if (root === '/') await runProgram('systemctl', ['daemon-reload']).catch(() => undefined)
  if (flags.json === true) {
    printJson(io, report)
    return EXIT.done
  }
  for (const path of report.removed) print(io, `remove  ${path}`)
  for (const path of report.kept) print(io, `kept    ${path}: it was changed, or is in use`)
  print(io, `muster-agent ${report.version} is removed from ${root === '/' ? 'this machine' : root}.`)
  return EXIT.done
}
