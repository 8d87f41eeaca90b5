import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { BARE_ENVIRONMENT, ENDS_WITH_TEST, MAIN } from '../agent-program.ts'
import { makeTree } from '../apply/tree-fixture.ts'

/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:9'
const patient = { timeout: 60_000 }

/** An agent that runs as a process. */
export interface RunningAgent {
  readonly child: ChildProcess
  /** Everything that its serial console has shown. */
  console(): string
  log(): string
  shows(text: string | RegExp): Promise<void>
  /** Ends it as systemd does. @returns its exit code */
  stop(): Promise<number | null>
  /** Switches the machine off. */
  cut(): Promise<void>
}

/** A machine as cloud-init leaves it before the agent starts: a tree, in which the agent is started as often as wanted. */
export interface CloudMachine {
  readonly root: string
  put(path: string, content: string | Uint8Array): void
  read(path: string): string
  /** What the cloud gave, for an instance of this name. */
  boot(instance: string, userData?: string): void
  /** Of this instance. */
  instancePath(path: string): string
  start(...args: readonly string[]): RunningAgent
  status(): Promise<Record<string, unknown>>
}

/** A machine that is removed with its test. */
export function makeCloudMachine(root = makeTree()): CloudMachine {
  let current = ''
  const put = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  const instancePath = (path: string) => `var/lib/cloud/instances/${current}/${path}`
  return {
    root,
    put,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    instancePath,
    boot(instance, userData) {
      current = instance
      mkdirSync(join(root, instancePath('scripts')), { recursive: true })
      mkdirSync(join(root, instancePath('sem')), { recursive: true })
      put('var/lib/cloud/data/instance-id', `${instance}\n`)
      rmSync(join(root, 'var/lib/cloud/instance'), { force: true })
      symlinkSync(`/var/lib/cloud/instances/${instance}`, join(root, 'var/lib/cloud/instance'))
      if (userData !== undefined) put(instancePath('user-data.txt'), userData)
    },
    start: (...args) => {
      const coordinator = args.includes('--config') ? [] : ['--coordinator', NOBODY]
      return startAgent(['run', '--root', root, ...coordinator, '--user-data', 'on', ...args])
    },
    async status() {
      const agent = startAgent(['status', '--root', root, '--json'])
      const code = agent.child.exitCode ?? (await once(agent.child, 'close'))[0]
      expect(code).toBe(0)
      return JSON.parse(agent.console()) as Record<string, unknown>
    },
  }
}

/** Starts `muster-agent`, by another program with arguments when that is wanted. It ends with the test. */
export function startAgent(args: readonly string[], by: readonly string[] = []): RunningAgent {
  const [program = '', ...rest] = [...ENDS_WITH_TEST, ...by, process.execPath, MAIN, ...args]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: BARE_ENVIRONMENT })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    child,
    console: () => said.out,
    log: () => said.err,
    shows: (text) => expect.poll(() => said.out.replaceAll(/\s+/g, ' '), patient).toMatch(text),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    async cut() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
