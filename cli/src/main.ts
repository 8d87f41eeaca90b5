import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { runCli } from './run-cli.ts'
import type { Environment } from './world.ts'

function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  // The XDG specification has relative paths ignored.
  const config = env['XDG_CONFIG_HOME']?.startsWith('/') ? env['XDG_CONFIG_HOME'] : join(homedir(), '.config')
  return {
    // Set but empty is the way of many programs to say "not set".
    server: env['MUSTER_SERVER'] || undefined,
    token: env['MUSTER_TOKEN'] || undefined,
    configFolder: join(config, 'muster'),
    hostname: hostname(),
  }
}

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new DOMException('stopped by Ctrl-C', 'AbortError')))
process.once('SIGTERM', () => interrupted.abort(new DOMException('stopped by SIGTERM', 'AbortError')))
// A reader that has seen enough (head, less) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

// Not awaited at the top level: the single executable holds CommonJS, which has no such await.
void runCli({
  args: process.argv.slice(2),
  environment: readEnvironment(process.env),
  streams: { input: process.stdin, output: process.stdout, errors: process.stderr },
  fetch: (url, init) => fetch(url, init),
  clock: systemClock,
  random: systemRandom,
  signal: interrupted.signal,
}).then((exitCode) => {
  process.exitCode = exitCode
})
