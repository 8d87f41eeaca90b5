import { spawn } from 'node:child_process'
import { BARE_ENVIRONMENT, ENDS_WITH_TEST, MAIN } from '../agent-program.ts'

/** How a run of the agent ended. */
export interface AgentEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Choices of `runAgent`. */
export interface AgentRun {
  readonly input?: string | Uint8Array
  /** A program with arguments that runs the agent. */
  readonly by?: readonly string[]
  readonly onStart?: (pid: number) => void
}

/** Runs the agent's command line as a process of its own, with a bare environment. */
export function runAgent(args: readonly string[], options: AgentRun = {}): Promise<AgentEnd> {
  const [program = '', ...rest] = [...ENDS_WITH_TEST, ...(options.by ?? []), process.execPath, MAIN, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { env: BARE_ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    if (child.pid !== undefined) options.onStart?.(child.pid)
  })
}
