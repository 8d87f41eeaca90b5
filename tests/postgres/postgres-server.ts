import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasProgram } from '../run/programs.ts'
import { until } from '../until.ts'
import { postgresProgramFolders } from './program-folders.ts'

/** A PostgreSQL server of the tests' own, reached by a socket in its folder, with nothing in it yet. */
export interface PostgresServer {
  /** Folder of the socket; its user is `postgres`, without a password. */
  readonly socketFolder: string
  stop(): Promise<void>
}

/** Durability is not what these tests look at: without it a test's database is made in 20 ms. */
const SETTINGS = [
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_connections=300',
  'shared_buffers=32MB',
]

/** The folder of the server's programs, newest version first; undefined when it is not installed. */
export function findPostgresPrograms(): string | undefined {
  return postgresProgramFolders().find((folder) => hasProgram('initdb', folder) && hasProgram('postgres', folder))
}

/**
 * Starts a server in a temporary folder and waits until it answers. As root it runs as nobody, since it refuses root.
 *
 * @param programs - see `findPostgresPrograms`
 */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-postgres-'))
  const user = unprivilegedUser()
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const run = { cwd: folder, ...user, env: { LC_ALL: 'C.UTF-8' } }
  const data = join(folder, 'data')
  const init = [
    '--pgdata',
    data,
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--no-sync',
    '--no-instructions',
  ]
  try {
    execFileSync(join(programs, 'initdb'), init, { ...run, stdio: ['ignore', 'ignore', 'pipe'] })
    const settings = SETTINGS.flatMap((setting) => ['-c', setting])
    const server = spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, ...settings], {
      ...run,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const stop = createStop(server, folder)
    await waitUntilReady(server, join(programs, 'pg_isready'), folder).catch(async (error: unknown) => {
      await stop()
      throw error
    })
    return { socketFolder: folder, stop }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function createStop(server: ChildProcess, folder: string): () => Promise<void> {
  const ended = once(server, 'exit')
  return async () => {
    // "Fast": connections that tests have left open are closed by the server.
    server.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

async function waitUntilReady(server: ChildProcess, isReady: string, folder: string): Promise<void> {
  let said = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  await until('PostgreSQL to answer', async () => {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended:\n${said}`)
    const look = spawn(isReady, ['--quiet', '--host', folder], { stdio: 'ignore' })
    const [code] = await once(look, 'exit')
    return code === 0 ? true : undefined
  })
}

/** Who runs the server when this process is root. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
