import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AgentError, systemCode } from '../identity/agent-error.ts'
import { renderSerial } from './serial.ts'
import type { ConsoleSurface } from './surface.ts'
import type { ConsoleView } from './view.ts'

/** What an issue file needs besides its path. */
export interface IssueDeps {
  /** Makes the login prompts read the file again; failures are its own affair. */
  readonly reload: () => Promise<void>
}

/**
 * A file that getty shows above its login prompt (`/etc/issue.d/…` links to it). Replaced by rename, so that no prompt
 * shows half of it; readable by root alone, since it holds the PIN.
 */
export function createIssueSurface(deps: IssueDeps, path: string): ConsoleSurface {
  let shown: ConsoleView | undefined
  return {
    name: 'issue',
    async draw(view) {
      if (renderSerial(shown, view).length === 0) return
      await replace(path, issueText(view))
      shown = view
      await deps.reload()
    },
    redrawInMs: () => undefined,
    async end() {
      await rm(path, { force: true })
      await deps.reload()
    },
  }
}

/** The whole state, without the backslashes that getty would take for its own. */
function issueText(view: ConsoleView): string {
  return `${renderSerial(undefined, view).join('\n').replaceAll('\\', '/')}\n`
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.new`)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new AgentError(
      'console-unusable',
      `The issue file ${path} cannot be written (${systemCode(cause) ?? 'error'})`,
      {
        cause,
        hint: 'Give another path with --issue, or leave it out.',
        details: { path },
      },
    )
  }
}
