import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { BARE_ENVIRONMENT, ENDS_WITH_TEST, MAIN } from '../agent-program.ts'

const HERE = import.meta.dirname
const RELEASE = join(HERE, '../../../packaging/src/release/main.ts')
const LAUNCHER = join(HERE, '../../../image-hooks/files/muster-agent.sh')
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/** How an executable of a test behaves when it is started as the service. */
export type Behaviour = 'works' | 'exits' | 'hangs' | 'reaches-nobody' | 'fails-self-test'

/** What the server may do to a download. */
export interface Faults {
  /** Cuts the first answer with a file after so many bytes. */
  cutAfter?: number | undefined
  /** Sends other bytes than the right ones. */
  isDamaged?: boolean
}

/** A machine with launcher, supervisor and a server with releases. */
export interface UpdateRig {
  readonly root: string
  readonly versions: string
  readonly faults: Faults
  /** Paths that were asked for, with their ranges. */
  readonly asked: string[]
  /** How each start of the service has ended, in order; undefined while it runs. */
  readonly starts: { readonly pid: number; code: number | null | undefined }[]
  /** What the service has said. */
  log(): string
  console(): string
  configure(lines: string): void
  publish(version: string, behaviour: Behaviour, options?: { readonly key?: string; readonly channel?: string }): void
  makeKey(name: string): string
  pin(...keys: readonly string[]): void
  start(): void
  stop(): Promise<void>
  kill(): void
  run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
  end(): Promise<void>
  readonly dist: string
}

/** The agent of this checkout under another version. */
function programText(version: string, behaviour: Behaviour): string {
  const agent = `export NODE_COMPILE_CACHE=${BARE_ENVIRONMENT.NODE_COMPILE_CACHE}; exec ${process.execPath} ${MAIN} "$@"`
  const asService: Readonly<Record<Behaviour, string>> = {
    works: agent,
    exits: 'exit 3',
    hangs: 'while :; do sleep 1; done',
    'reaches-nobody': `${agent} --coordinator http://127.0.0.1:9`,
    'fails-self-test': agent,
  }
  const selfTest = behaviour === 'fails-self-test' ? 'echo "no, I do not like it here" >&2; exit 1' : agent
  return `#!/bin/sh
case "$1" in
  --version) echo ${version} ;;
  run) ${asService[behaviour]} ;;
  self-test) ${selfTest} ;;
  *) ${agent} ;;
esac
# ${'x'.repeat(200_000)}
`
}

export async function createUpdateRig(): Promise<UpdateRig> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-update-'))
  const root = join(folder, 'root')
  const stateDir = join(root, 'var/lib/muster')
  const versions = join(stateDir, 'versions')
  const dist = join(folder, 'dist')
  const launcher = join(folder, 'launcher')
  const config = join(folder, 'agent.conf')
  for (const path of ['etc/muster', 'usr/lib/muster', 'var/lib']) mkdirSync(join(root, path), { recursive: true })
  const text = readFileSync(LAUNCHER, 'utf8')
    .replace('/var/lib/muster/versions', versions)
    .replace('/usr/lib/muster/muster-agent', join(root, 'usr/lib/muster/muster-agent'))
  writeProgram(launcher, text)
  writeProgram(join(root, 'usr/lib/muster/muster-agent'), programText('0.1.0', 'works'))

  const faults: Faults = {}
  const asked: string[] = []
  const kept = () => bytesIn(join(versions, 'download'))
  const server = createServer((request, reply) => serve(dist, { request, reply, faults, asked, kept }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const starts: { pid: number; code: number | null | undefined }[] = []
  let said = ''
  let console_ = ''
  let child: ChildProcess | undefined
  let isWanted = false

  function startOnce(): void {
    const args = ['run', '--root', root, '--config', config, '--console-mode', 'serial']
    const env = { PATH, NOTIFY_SOCKET: join(folder, 'nobody') }
    const [program = '', ...before] = ENDS_WITH_TEST
    child = spawn(program, [...before, launcher, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const one = child
    const start = { pid: one.pid ?? 0, code: undefined as number | null | undefined }
    starts.push(start)
    one.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      console_ += piece
    })
    one.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      said += piece
    })
    one.once('exit', (code) => {
      start.code = code
      if (isWanted) startOnce()
    })
  }

  const rig: UpdateRig = {
    root,
    versions,
    dist,
    faults,
    asked,
    starts,
    log: () => said,
    console: () => console_,
    configure: (lines) =>
      writeFileSync(config, `coordinator = ${url}\nupdate_url = ${url}/dist\nupdate_trial_seconds = 5\n${lines}\n`),
    publish(version, behaviour, { key = 'release', channel = 'stable' } = {}) {
      const program = join(folder, 'muster-agent')
      writeProgram(program, programText(version, behaviour))
      // One that hangs is never confirmed: nothing is lost when the launcher soon loses its patience.
      if (behaviour === 'hangs')
        writeProgram(launcher, text.replace('limit=900', 'limit=1').replace('step=2', 'step=1'))
      const args = [
        'publish',
        '--key',
        `${key}.pem`,
        '--dist',
        'dist',
        '--channel',
        channel,
        '--arch',
        process.arch,
        '--commit',
        '0123abc',
      ]
      release(folder, [...args, program])
    },
    makeKey: (name) => release(folder, ['keygen', '--out', `${name}.pem`]).trim(),
    pin: (...keys) => writeFileSync(join(root, 'etc/muster/release.keys'), keys.map((key) => `${key}\n`).join('')),
    start() {
      isWanted = true
      startOnce()
    },
    async stop() {
      isWanted = false
      const one = child
      if (one === undefined || one.exitCode !== null || one.signalCode !== null) return
      const ended = once(one, 'exit')
      one.kill('SIGTERM')
      await ended
    },
    kill: () => void child?.kill('SIGKILL'),
    async run(...args) {
      const env = { PATH }
      const named = args[0] === 'update' ? ['--config', config] : []
      const command = spawn(launcher, [...args, '--root', root, ...named], { env })
      let [out, err] = ['', '']
      command.stdout.setEncoding('utf8').on('data', (piece: string) => {
        out += piece
      })
      command.stderr.setEncoding('utf8').on('data', (piece: string) => {
        err += piece
      })
      const [code] = (await once(command, 'close')) as [number | null]
      return { code, out, err }
    },
    async end() {
      isWanted = false
      for (const { pid } of starts) endGroup(pid)
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  rig.pin(rig.makeKey('release'))
  rig.configure('')
  return rig
}

/** A start with what it has left: the launcher's watcher lives on for some seconds. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended with all of its own.
  }
}

function release(folder: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RELEASE, ...args], { encoding: 'utf8', cwd: folder })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

interface Exchange {
  readonly request: IncomingMessage
  readonly reply: ServerResponse
  readonly faults: Faults
  readonly asked: string[]
  /** Bytes of downloads that the machine has. */
  readonly kept: () => number
}

/** A dist folder below `/dist`, and 200 for everything else, as a coordinator that answers. */
function serve(dist: string, { request, reply, faults, asked, kept }: Exchange): void {
  const path = new URL(request.url ?? '/', 'http://x').pathname
  if (!path.startsWith('/dist/')) return void reply.end('{}')
  const range = request.headers.range
  asked.push(range === undefined ? path : `${path} ${range}`)
  const file = join(dist, path.slice('/dist/'.length))
  if (!existsSync(file)) return void reply.writeHead(404).end()
  const bytes = readFileSync(file)
  if (path.startsWith('/dist/channels/')) return void reply.end(bytes)
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  if (from > 0) reply.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` })
  const rest = bytes.subarray(from)
  if (faults.isDamaged === true) rest.fill(0x20, 100, 200)
  if (faults.cutAfter === undefined) return void reply.end(rest)
  reply.write(rest.subarray(0, faults.cutAfter))
  faults.cutAfter = undefined
  void cutWhenKept(reply, kept)
}

/** A client forgets what it has not read yet when the connection breaks. */
async function cutWhenKept(reply: ServerResponse, kept: () => number): Promise<void> {
  while (kept() === 0 && !reply.destroyed) await systemClock.sleep(20)
  reply.destroy()
}

function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
