import type { AskOptions } from './ask-options.ts'
import { type CommandIo, printJson } from './command-io.ts'
import { openWatchScreen } from './watch-screen.ts'

/**
 * Shows what the agent tells, once or, when it is watched, again and again: a screen for people, a line of JSON for
 * programs. A watch ends when it is asked to; that is no failure.
 *
 * @returns the last message; undefined when stopped before the first
 */
export async function showMessages<M extends object>(
  io: CommandIo,
  options: AskOptions,
  messages: AsyncIterable<M>,
  linesOf: (message: M) => readonly string[],
): Promise<M | undefined> {
  const screen = options.watch === true && options.json !== true ? openWatchScreen(io) : undefined
  let last: M | undefined
  try {
    for await (const message of messages) {
      last = message
      if (screen !== undefined) screen.show(linesOf(message))
      else if (options.watch === true) io.output.write(`${JSON.stringify(message)}\n`)
      else if (options.json === true) printJson(io, message)
      else for (const line of linesOf(message)) io.output.write(`${line}\n`)
    }
  } catch (error) {
    if (options.watch !== true || !io.signal.aborted) throw error
  } finally {
    screen?.close()
  }
  return last
}
