import { addGroup } from '../../accounts/account-edits.ts'
import { findGroupId, readAccountFiles, readLoginDefs } from '../../accounts/account-files.ts'
import { changeAccounts } from '../change-accounts.ts'
import { AS_WANTED, type ResourceHandler } from './handler.ts'

/** A group that exists; one that does keeps its id. */
export const groupHandler: ResourceHandler<'group'> = {
  kind: 'group',
  async inspect(want, machine) {
    if (findGroupId(await readAccountFiles(machine.tree), want.name) !== undefined) return AS_WANTED
    return {
      action: 'create',
      async perform(target) {
        await changeAccounts(target, {
          tools: [{ argv: ['groupadd', ...(want.isSystem ? ['--system'] : []), want.name] }],
          edit: async (files) => addGroup(files, await readLoginDefs(target.tree), want.name, want.isSystem),
        })
        return undefined
      },
    }
  },
}
