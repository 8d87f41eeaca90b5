import { type VerifyReport, verify } from '@muster/image-hooks/verify.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson, warn } from './command-io.ts'
import { identityLines, treeRoot } from './image-tree-options.ts'

interface VerifyFlags {
  readonly root: string
  readonly image?: boolean
  readonly json?: boolean
}

const HELP = `
Changed files below /etc are named, and are no difference: they may be changed.

Exit codes: 0 as installed, 2 something differs, 65 nothing is installed there.`

/** Adds `verify`: what differs from what was installed. Reads only. */
export function registerVerify(program: Command, io: CommandIo): void {
  program
    .command('verify')
    .description('show what differs from what was installed')
    .option('--root <dir>', 'the tree to look at', '/')
    .option('--image', 'what belongs to one machine (a key, a machine-id) is a difference too')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((flags: VerifyFlags) => runCommand(io, flags.json === true, () => verifyHere(io, flags)))
}

async function verifyHere(io: CommandIo, flags: VerifyFlags) {
  const report = await verify(await treeRoot(flags.root), { isImage: flags.image === true })
  if (flags.json === true) printJson(io, report)
  else show(io, report, flags)
  return report.differences.length === 0 ? EXIT.done : EXIT.differences
}

function show(io: CommandIo, report: VerifyReport, flags: VerifyFlags): void {
  for (const { path, kind, detail } of report.differences) print(io, `${kind.padEnd(10)} ${path}: ${detail}`)
  for (const { path } of report.changedConfig) print(io, `config     ${path} was changed, which it may be`)
  for (const version of report.extraVersions) print(io, `version    ${version} was fetched by self-update`)
  const { differences, checked, version } = report
  const result = differences.length === 0 ? 'as installed' : `${differences.length} differences`
  print(io, `muster-agent ${version}: ${checked} files, links and directories looked at, ${result}.`)
  if (report.root !== '/' && flags.image !== true) for (const line of identityLines(report.identity)) warn(io, line)
}
