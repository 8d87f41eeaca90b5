import { Command } from 'commander'
import type { CommandHost } from './command-host.ts'
import { addClusterAuthorize } from './commands/cluster-authorize.ts'
import { addClusterCreate } from './commands/cluster-create.ts'
import { addClusterDelete } from './commands/cluster-delete.ts'
import { addClusterList } from './commands/cluster-list.ts'
import { addClusterMembers } from './commands/cluster-members.ts'
import { addClusterRevoke } from './commands/cluster-revoke.ts'
import { addClusterServices } from './commands/cluster-services.ts'
import { addClusterShow } from './commands/cluster-show.ts'
import { addClusterValidate } from './commands/cluster-validate.ts'
import { addCompletion } from './commands/completion.ts'
import { addContextClone } from './commands/context-clone.ts'
import { addContextDiff } from './commands/context-diff.ts'
import { addContextList } from './commands/context-list.ts'
import { addContextPlan } from './commands/context-plan.ts'
import { addContextPublish } from './commands/context-publish.ts'
import { addContextShow } from './commands/context-show.ts'
import { addContextUserData } from './commands/context-user-data.ts'
import { addContextValidate } from './commands/context-validate.ts'
import { addLogin } from './commands/login.ts'
import { addLogout } from './commands/logout.ts'
import { addMachineForget } from './commands/machine-forget.ts'
import { addMachineList } from './commands/machine-list.ts'
import { addMachineRename } from './commands/machine-rename.ts'
import { addMachineShow } from './commands/machine-show.ts'
import { addPair } from './commands/pair.ts'
import { addWhoami } from './commands/whoami.ts'
import { version } from './version.ts'

const EXAMPLES = `
First steps:
  muster context validate my.context                 check a context, offline
  muster login --server https://muster.example.org
  muster context publish my.context --name mine
  muster pair WDJB-MJHT --context mine               with the PIN that the machine shows

Exit codes: 0 done · 1 failed · 2 differences found · 64 usage · 65 bad input · 69 coordinator unavailable ·
70 internal · 75 try again · 77 not permitted · 78 bad configuration`

/** All commands of `muster`; parsing runs one of them in the host. */
export function createProgram(host: CommandHost): Command {
  const program = new Command('muster')
    .description('Turns VM images into configured machines: write contexts, publish them, pair machines.')
    .version(version)
    .option('--server <url>', 'coordinator; otherwise MUSTER_SERVER, or the one signed in to last')
    .option('--json', 'print results as JSON, and errors too (on standard error)')
    .option('--quiet', 'print results and errors only')
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
  addLogin(program, host)
  addLogout(program, host)
  addWhoami(program, host)
  const context = program.command('context').description('write, check, publish and compare contexts')
  for (const add of CONTEXT_COMMANDS) add(context, host)
  addPair(program, host)
  const machine = program.command('machine').description('machines that you have paired')
  for (const add of MACHINE_COMMANDS) add(machine, host)
  const cluster = program.command('cluster').description('clusters: machines that find each other and their services')
  for (const add of CLUSTER_COMMANDS) add(cluster, host)
  addCompletion(program, host)
  return program
}

const CONTEXT_COMMANDS = [
  addContextValidate,
  addContextPlan,
  addContextPublish,
  addContextList,
  addContextShow,
  addContextDiff,
  addContextClone,
  addContextUserData,
] as const

const MACHINE_COMMANDS = [addMachineList, addMachineShow, addMachineRename, addMachineForget] as const

const CLUSTER_COMMANDS = [
  addClusterValidate,
  addClusterCreate,
  addClusterList,
  addClusterShow,
  addClusterMembers,
  addClusterServices,
  addClusterAuthorize,
  addClusterRevoke,
  addClusterDelete,
] as const
