import { ImageError } from '@muster/image-hooks/image-error.ts'
import { type InstallReport, install } from '@muster/image-hooks/install.ts'
import { agentToInstall, readReleaseKeys, settingsOf } from '@muster/image-hooks/install-options.ts'
import { runProgram } from '@muster/image-hooks/run-program.ts'
import { readShipped } from '@muster/image-hooks/shipped-files.ts'
import { startAgent } from '@muster/image-hooks/start-agent.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import { type Command, Option } from 'commander'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson, warn } from './command-io.ts'
import { identityLines, refuseRunningAgent, treeRoot } from './image-tree-options.ts'

interface InstallFlags {
  readonly root: string
  readonly coordinator?: string
  readonly agent?: string
  readonly releaseKey?: string
  readonly console?: string
  readonly enable: boolean
  readonly start?: boolean
  readonly cloudInit: boolean
  readonly legacyNames: boolean
  readonly reset?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

const HELP = `
Run again at any time: what is as wanted is not touched, and what an administrator has changed below /etc stays.

Examples:
  muster-agent install --root /mnt/image --coordinator https://muster.example.org
  muster-agent install --start                   on this machine, and start it
  muster-agent install --root /mnt/image --reset     the last step before an image is closed
Exit codes: 0 done, 64 usage, 65 no such tree or executable, 70 the disk or the unit failed, 75 an agent runs,
77 not permitted.`

/** Adds `install`: puts the agent, with all that belongs to it, into a machine or the tree of an image. */
export function registerInstall(program: Command, io: CommandIo): void {
  program
    .command('install')
    .description('put the agent into this machine, or into the tree of an image')
    .option('--root <dir>', 'the tree to install into', '/')
    .option('--coordinator <url>', 'who hands out PINs and contexts; kept where one is set already')
    .option('--agent <file>', 'the executable to install (default: the one that runs)')
    .option('--release-key <file>', 'public keys whose signatures on new versions are trusted')
    .addOption(
      new Option('--console <where>', 'full-screen: PIN and QR code on terminal 8 of the screen, in front').choices([
        'full-screen',
      ]),
    )
    .option('--no-enable', 'do not start the agent when the machine starts')
    .option('--start', 'start it now (this machine only)')
    .option('--no-cloud-init', 'leave cloud-init alone')
    .option('--no-legacy-names', 'do not make /bin/sh.before and /bin/sh.after')
    .option('--reset', 'remove state and machine-id, so that the tree can be an image')
    .option('--force', 'take over files that are not from Muster, or were changed')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((flags: InstallFlags) => runCommand(io, flags.json === true, () => installHere(io, flags)))
}

async function installHere(io: CommandIo, flags: InstallFlags) {
  const root = await treeRoot(flags.root)
  if (flags.start === true && root !== '/') {
    throw new ImageError('bad-option', '--start is for this machine, not for a tree', {
      hint: 'Leave --start out: the agent of a tree starts with the machine.',
    })
  }
  if (flags.reset === true) await refuseRunningAgent(root)
  const report = await install(
    { read: readShipped, run: runProgram },
    {
      root,
      version: AGENT_VERSION,
      agent: await agentToInstall(flags.agent),
      settings: settingsOf(flags),
      releaseKeys: await readReleaseKeys(flags.releaseKey),
      isEnabled: flags.enable,
      hasFullScreen: flags.console === 'full-screen',
      hasCloudInit: flags.cloudInit,
      hasLegacyNames: flags.legacyNames,
      isForced: flags.force === true,
      isReset: flags.reset === true,
      signal: io.signal,
    },
  )
  if (flags.start === true) {
    const { changes, hasFullScreen } = report
    await startAgent(runProgram, { hasChanged: changes.length > 0, hasFullScreen })
  }
  if (flags.json === true) printJson(io, report)
  else show(io, report, flags)
  return EXIT.done
}

function show(io: CommandIo, report: InstallReport, flags: InstallFlags): void {
  for (const { action, path } of report.changes) print(io, `${action.padEnd(7)} ${path}`)
  for (const { path, reason } of report.kept) print(io, `kept    ${path}: ${reason}`)
  const where = report.root === '/' ? 'this machine' : report.root
  const before = report.before === undefined || report.before === report.version ? '' : ` (before: ${report.before})`
  const what = report.changes.length === 0 ? 'nothing to change' : `${report.changes.length} changes`
  print(io, `muster-agent ${report.version}${before} is in ${where} (${report.system}): ${what}.`)
  if (!report.setsOwner)
    warn(io, 'note: this is not root, so the files belong to you; give them to root before the tree is a machine.')
  if (report.labelling === 'at-next-start')
    warn(io, 'note: SELinux labels could not be set here; the machine sets all at its next start, which takes a while.')
  if (report.root !== '/') for (const line of identityLines(report.identity)) warn(io, line)
  if (flags.start === true) print(io, 'The agent runs: muster-agent status shows it.')
}
