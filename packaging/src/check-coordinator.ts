import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'

/** Time to start with an empty database, and to stop; on a busy machine. */
const LIMIT_MS = 60_000
const LOOK_EVERY_MS = 100
/** What a page names: scripts and styles, by path. */
const NAMED_FILE = /(?:src|href)="(\/[^"]+)"/g

/**
 * Runs the executable of the coordinator with a folder of its own on a free port of this machine: its front page comes
 * with all that it names, a database is made, and it stops when it is asked to and leaves no file behind.
 *
 * @returns what is wrong, nothing when all is well
 */
export async function checkCoordinator(file: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-check-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const listen = ['--listen', new URL(url).host, '--public-url', url, '--mesh-listen', '/ip4/127.0.0.1/tcp/0']
  const child = spawn(file, ['serve', ...listen, '--data', join(folder, 'data')], {
    // It unpacks its pages there.
    env: { PATH: '/usr/bin:/bin', TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  const ended = once(child, 'close')
  try {
    const problems = (await isAlive(url)) ? await checkPages(url) : [`it does not answer: ${said}`]
    child.kill('SIGTERM')
    const code = await codeWithin(ended, LIMIT_MS)
    const left = readdirSync(folder).filter((name) => name !== 'data')
    return [
      ...problems,
      ...(code === 0 ? [] : [`asked to stop, it ended with ${code ?? 'nothing in time'}: ${said}`]),
      ...(left.length === 0 ? [] : [`it leaves ${left.join(', ')} behind`]),
    ]
  } finally {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The exit code of a process, or undefined when it has not ended by then. */
async function codeWithin(ended: Promise<readonly unknown[]>, ms: number): Promise<unknown> {
  const enough = new AbortController()
  const late = systemClock.sleep(ms, enough.signal).then(
    () => [],
    () => [],
  )
  const [code] = await Promise.race([ended, late])
  enough.abort()
  return code
}

async function isAlive(url: string): Promise<boolean> {
  const deadline = systemClock.monotonic() + LIMIT_MS
  while (systemClock.monotonic() < deadline) {
    const answer = await fetch(`${url}/livez`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok === true) return true
    await systemClock.sleep(LOOK_EVERY_MS)
  }
  return false
}

async function checkPages(url: string): Promise<readonly string[]> {
  const page = await fetch(url)
  const names = [...(await page.text()).matchAll(NAMED_FILE)].map((match) => match[1] ?? '')
  if (!page.ok || names.length === 0) return [`the front page answers ${page.status} and names ${names.length} files`]
  const problems: string[] = []
  for (const name of names) {
    const asset = await fetch(url + name)
    const { byteLength } = await asset.arrayBuffer()
    // What is not there is answered with the front page, since the pages have addresses of their own.
    const isPage = asset.headers.get('content-type')?.startsWith('text/html') === true
    if (!asset.ok || isPage || byteLength === 0) problems.push(`${name} answers ${asset.status}, ${byteLength} bytes`)
  }
  return problems
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
