import { execFile } from 'node:child_process'

const LIMIT_MS = 5_000

/**
 * Makes the login prompts of the machine show their issue files again. Where there is no getty that can, the new
 * text is seen at the next prompt, which is soon enough.
 */
export function reloadPrompts(): Promise<void> {
  return new Promise((resolve) => {
    execFile('agetty', ['--reload'], { timeout: LIMIT_MS, env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } }, () =>
      resolve(),
    )
  })
}
