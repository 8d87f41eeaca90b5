import { join } from 'node:path'
import { PROJECT_ROOT, type RunningProgram } from '../program.ts'
import { type Person, signUp } from '../running/account.ts'
import { freePort } from '../running/coordinator.ts'
import { until } from '../until.ts'
import type { RigHost } from './rig-host.ts'
import { openWindow } from './window.ts'

/** Where the coordinator of a lab listens for the API. */
const API_PORT = 8080
/** Of the mesh; a coordinator that starts again is found where it was. */
const MESH_PORT = 4001
const START_LIMIT_MS = 120_000

/** `bin/muster-coordinator serve` on a host, used through its API. */
export interface RigCoordinator {
  readonly host: RigHost
  readonly person: Person
  program(): RunningProgram
  /** `kill -9`. */
  kill(): Promise<void>
  /** Starts it again with the same data and ports; resolves when it answers. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Starts it, with an account. @param folder - for its data */
export async function startRigCoordinator(host: RigHost, folder: string): Promise<RigCoordinator> {
  const listen = { api: host.isApart ? API_PORT : await freePort(), mesh: host.isApart ? MESH_PORT : await freePort() }
  const way = host.isApart ? await openWindow(host, listen.api, join(folder, 'window')) : undefined
  const url = `http://127.0.0.1:${way?.port ?? listen.api}`
  const args = [
    'serve',
    ...['--listen', `127.0.0.1:${listen.api}`],
    ...['--data', join(folder, 'data')],
    ...['--public-url', url],
    ...['--mesh-listen', `/ip4/${host.address}/tcp/${listen.mesh}`],
  ]
  let program = host.start(join(PROJECT_ROOT, 'bin/muster-coordinator'), args)
  await waitUntilReady(url, program)
  const person = await signUp(url)
  return {
    host,
    person,
    program: () => program,
    async kill() {
      await program.stop('SIGKILL')
    },
    async start() {
      program = host.start(join(PROJECT_ROOT, 'bin/muster-coordinator'), args)
      await waitUntilReady(url, program)
    },
    async close() {
      await program.stop()
      await way?.close()
    },
  }
}

async function waitUntilReady(url: string, program: RunningProgram): Promise<void> {
  const look = async () => {
    if (program.child.exitCode !== null)
      throw new Error(`the coordinator ended:\n${program.stdout()}${program.stderr()}`)
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.ok === true ? true : undefined
  }
  await until('the coordinator to be ready', look, { timeoutMs: START_LIMIT_MS })
}
