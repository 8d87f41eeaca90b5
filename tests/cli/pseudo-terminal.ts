import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Ended, startProgram } from '../program.ts'

/** A question that the program asks on its terminal, and what the person types. */
export interface Reply {
  /** Text that ends the question. */
  readonly question: string
  /** Typed with Enter; `^C` presses Ctrl-C. */
  readonly typed: string
}

const PYTHON = '/usr/bin/python3'

/** Runs argv on a pseudo-terminal, types each reply after its question, and copies what the terminal shows. */
const SCRIPT = `
import json, os, pty, sys
replies, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
seen = ""
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    text = chunk.decode("utf-8", "replace")
    sys.stdout.write(text)
    seen += text
    if replies and replies[0]["question"] in seen:
        typed = replies.pop(0)["typed"]
        os.write(fd, b"\\x03" if typed == "^C" else typed.encode() + b"\\n")
        seen = ""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

/** Whether a pseudo-terminal can be had here. */
export function hasPseudoTerminal(): boolean {
  return existsSync(PYTHON)
}

/** Runs a program as a person at a terminal would; `stdout` of the end is what the terminal showed. */
export async function runInTerminal(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  replies: readonly Reply[],
): Promise<Ended> {
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`
  const args = ['-c', SCRIPT, JSON.stringify(replies), ...argv]
  return await startProgram(PYTHON, args, { env: { ...env, PATH: path } }).ended
}
