import { ACCOUNT_FILE_NAMES, type AccountFiles, accountMutations, readAccountFiles } from '../accounts/account-files.ts'
import { ApplyError } from './apply-error.ts'
import type { Mutation } from './entry.ts'
import { type Machine, resolveOn, type ToolCall } from './machine.ts'

/** One change of the accounts, in both of its ways. */
export interface AccountChange {
  /** For the running system: the distribution's own tools, in order. No secrets in `argv`. */
  readonly tools: readonly ToolCall[]
  /** For a tree: the account files as they shall be. */
  readonly edit: (files: AccountFiles) => Promise<AccountFiles>
  /** Other paths that the tools make (a home, a mail spool). */
  readonly paths?: readonly string[]
  /** For a tree: the further changes, from the accounts as they shall be. */
  readonly further?: (files: AccountFiles) => Promise<readonly Mutation[]>
}

/**
 * Changes accounts: on the running system by the distribution's tools, which lock, tell caches and follow local policy;
 * below another root by writing the files, which needs no tool there and is the same on every machine.
 *
 * @throws {ApplyError} command-failed, accounts-full and the failures of the file system
 */
export async function changeAccounts(machine: Machine, change: AccountChange): Promise<void> {
  const { isLive, isRoot } = machine.setting
  if (isLive && isRoot && !machine.isPreview) return runAccountTools(machine, change)
  const before = await readAccountFiles(machine.tree)
  const after = await change.edit(before)
  const mutations = await accountMutations(machine.tree, before, after, isRoot)
  await machine.change([...mutations, ...((await change.further?.(after)) ?? [])])
}

async function runAccountTools(machine: Machine, change: AccountChange): Promise<void> {
  const names = ACCOUNT_FILE_NAMES.flatMap((name) => [`/etc/${name}`, `/etc/${name}-`])
  const paths = await Promise.all(
    [...names, '/etc/.pwd.lock', ...(change.paths ?? [])].map((path) => resolveOn(machine, path)),
  )
  await machine.around(paths, async () => {
    for (const tool of change.tools) await runAccountTool(machine, tool)
  })
}

async function runAccountTool(machine: Machine, tool: ToolCall): Promise<void> {
  const result = await machine.runTool(tool)
  if (result.exitCode === 0) return
  const [program] = tool.argv
  const how = result.startError === undefined ? `ended with ${result.exitCode ?? 'a signal'}` : 'could not be started'
  // The tool's own words are left out: it may repeat what it was given.
  throw new ApplyError('command-failed', `${program} ${how}`, {
    hint:
      result.startError === undefined
        ? `Run ${tool.argv.join(' ')} by hand to see why.`
        : `Install ${program} (package passwd or shadow-utils).`,
    details: { program, exitCode: result.exitCode ?? null },
  })
}
