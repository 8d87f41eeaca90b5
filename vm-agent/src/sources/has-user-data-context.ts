import { findContext } from './find-context.ts'
import { readUserData } from './read-user-data.ts'

/** Whether the user-data of the machine below `root` has something for the agent. */
export async function hasUserDataContext(root: string): Promise<boolean> {
  const found = await readUserData(root)
  return found.kind === 'found' && findContext(found) !== undefined
}
