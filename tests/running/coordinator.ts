import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningProgram, startMuster } from '../program.ts'
import { until } from '../until.ts'

/** A coordinator as a process of its own, with its database in a folder of its own. */
export interface Coordinator {
  /** Where it listens on this machine. */
  readonly url: string
  readonly dataFolder: string
  /** The process of now; another one after a restart. */
  program(): RunningProgram
  /** Ends it at once (`kill -9`), without any chance to tidy up. */
  kill(): Promise<void>
  /** Starts it again on the same port and data; resolves when it answers. */
  start(): Promise<void>
  /** Stops it and removes its data. */
  stop(): Promise<void>
}

/** How a coordinator differs from the usual one. */
export interface CoordinatorOptions {
  /** Address that it tells to others, when something stands in front of it. */
  readonly publicUrl?: string
  /** Folder of releases to serve. @default none */
  readonly distFolder?: string
  /** Store on a server, `postgres://…`. @default an embedded one in the data folder */
  readonly databaseUrl?: string
  /** False: it takes no part in any mesh. @default true */
  readonly hasMesh?: boolean
  /** False: only the port is chosen; `start` starts it later. @default true */
  readonly isStarted?: boolean
}

/** Starts `bin/muster-coordinator serve` on a free loopback port and waits until it is ready. */
export async function startCoordinator(options: CoordinatorOptions = {}): Promise<Coordinator> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'muster-coordinator-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [
    'serve',
    '--listen',
    `127.0.0.1:${port}`,
    '--data',
    dataFolder,
    '--public-url',
    options.publicUrl ?? url,
    '--mesh-listen',
    options.hasMesh === false ? 'off' : '/ip4/127.0.0.1/tcp/0',
    ...(options.distFolder === undefined ? [] : ['--dist-dir', options.distFolder]),
  ]
  // A store on a server has no folder for the key of the mesh.
  const keyFile = join(dataFolder, 'mesh.key')
  const server = options.databaseUrl === undefined ? {} : { MUSTER_MESH_KEY_FILE: keyFile }
  const env = { DATABASE_URL: options.databaseUrl ?? '', ...server }
  let program: RunningProgram | undefined
  let isOver = false
  const coordinator: Coordinator = {
    url,
    dataFolder,
    program() {
      if (program === undefined) throw new Error('the coordinator was not started')
      return program
    },
    async kill() {
      await program?.stop('SIGKILL')
    },
    async start() {
      // A test that ran out of time goes on in the background and must not leave anything behind.
      if (isOver) throw new Error('the coordinator was stopped for good')
      program = startMuster('muster-coordinator', args, { env })
      await waitUntilReady(url, program)
    },
    async stop() {
      isOver = true
      await program?.stop()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
  if (options.isStarted !== false) await coordinator.start()
  return coordinator
}

async function waitUntilReady(url: string, program: RunningProgram): Promise<void> {
  await until('the coordinator to be ready', async () => {
    if (program.child.exitCode !== null)
      throw new Error(`the coordinator ended:\n${program.stdout()}${program.stderr()}`)
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.ok === true ? true : undefined
  })
}

/** A loopback port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port was given')
  return address.port
}
