import { spawn } from 'node:child_process'

/** A builder's tool that could not do its work; what it said is in the message. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

/** Runs a tool to its end. @throws {ToolError} it cannot be started, or ends with another code than 0 */
export async function runTool(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-8_000)
    })
  }
  const code = await new Promise<number | null>((resolve, reject) =>
    child
      .on('error', (error) => reject(new ToolError(`${program} cannot be started: ${error.message}`)))
      .on('close', resolve),
  )
  if (code !== 0) throw new ToolError(`${program} ${args.join(' ')} ended with ${code}:\n${said.trim()}`)
}

/**
 * Runs a shell script in a mount namespace of its own: its mounts end with it, whatever happens.
 *
 * @param args - `$1`, `$2` … of the script
 */
export async function runWithMounts(script: string, args: readonly string[]): Promise<void> {
  await runTool('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', script, 'sh', ...args])
}
