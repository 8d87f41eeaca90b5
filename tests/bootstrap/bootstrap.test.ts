import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { USER_DATA_FORMATS } from '@muster/contexts/bootstrap/user-data.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createCommandLine } from '../cli/command-line.ts'
import { type Coordinator, freePort, startCoordinator } from '../running/coordinator.ts'
import { createShellWorld, type ShellWorld, STAND_IN } from './shell-world.ts'

const SHELLS: readonly (readonly [string, readonly string[]])[] = [
  ['dash', ['dash']],
  ['busybox sh', ['busybox', 'sh']],
  ['bash', ['bash', '--posix']],
]

let world: ShellWorld
let coordinator: Coordinator
beforeAll(async () => {
  world = await createShellWorld([])
  coordinator = await startCoordinator({ distFolder: world.dist })
})
afterAll(async () => {
  await coordinator.stop()
  world[Symbol.dispose]()
})

/** A machine of its own, whose release is that of the coordinator. */
async function machineWith(...fetchers: readonly string[]): Promise<ShellWorld> {
  const machine = await createShellWorld(fetchers)
  onTestFinished(() => machine[Symbol.dispose]())
  return machine
}

const installed = (machine: ShellWorld) => join(machine.root, 'usr/lib/muster/muster-agent')
const workFolder = (machine: ShellWorld) => join(machine.root, 'var/lib/muster-bootstrap')

/** Answers as a test wants; gives what was asked. */
async function serve(
  answer: Parameters<typeof createServer>[1],
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, server }
}

describe.each(SHELLS)('the bootstrap under %s', (_name, shell) => {
  test.each(['curl', 'wget', 'python3'])(
    'installs from a coordinator with %s, and leaves nothing of its own',
    async (fetcher) => {
      const machine = await machineWith(fetcher)
      const program = machine.program(coordinator.url, 'cloud-config')
      const { code, stdout } = await machine.run(shell, program)
      expect([code, stdout]).toEqual([0, expect.stringContaining('muster-bootstrap: installed')])
      const options = `--root ${machine.root}/ --coordinator ${coordinator.url} --release-key ${workFolder(machine)}/release.keys`
      expect(machine.calls()).toEqual([`install ${options}`])
      expect(readFileSync(installed(machine), 'utf8')).toBe(STAND_IN)
      expect(readFileSync(join(machine.root, 'etc/muster/release.keys'), 'utf8').trim()).toBe(machine.releaseKey)
      expect(readdirSync(join(machine.root, 'var/lib'))).toEqual([])

      const again = await machine.run(shell, program)
      expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing to do')])
      expect(machine.calls()).toHaveLength(1)
    },
  )

  test('refuses a file with another sum, from a mirror, and takes the right one from the coordinator', async () => {
    const machine = await machineWith('curl')
    const evil = STAND_IN.replace('padding', 'Padding')
    const mirror = await serve((_request, response) => void response.end(evil))
    const program = machine.program(coordinator.url, 'cloud-config', [mirror.url])
    const { code, stdout } = await machine.run(shell, program)
    expect([code, stdout]).toEqual([0, expect.stringContaining(`refused: what ${mirror.url}/sha256/`)])
    expect(readFileSync(installed(machine), 'utf8')).toBe(STAND_IN)
  })

  test('never runs a file with another sum, gives up after its tries, and says what to do', async () => {
    const machine = await machineWith('curl')
    machine.stub('sleep', '#!/bin/sh\nexit 0\n')
    const mirror = await serve((_request, response) => void response.end(STAND_IN.replace('padding', 'Padding')))
    const { code, stdout } = await machine.run(shell, machine.program(mirror.url, 'cloud-config'), [machine.root, '2'])
    expect([code, machine.calls(), existsSync(installed(machine))]).toEqual([75, [], false])
    expect(stdout).toContain('given up. Next:')
    expect(stdout.match(/trying again in \d+ s/g)).toHaveLength(1)
    expect(readdirSync(workFolder(machine))).toEqual([])
  })

  test('as a script does the same, and ends with what its tries ended with', async () => {
    const machine = await machineWith('curl')
    const done = await machine.run(shell, machine.program(coordinator.url, 'script'))
    expect([done.code, machine.calls().length, readdirSync(join(machine.root, 'var/lib'))]).toEqual([0, 1, []])
    const other = await machineWith('curl')
    other.stub('sleep', '#!/bin/sh\nexit 0\n')
    const failed = await other.run(shell, other.program(`http://127.0.0.1:${await freePort()}`, 'script'))
    expect(failed.code).toBe(75)
  })
})

describe('the bootstrap', () => {
  test.each(['curl', 'wget', 'python3'])('goes on where a download with %s was interrupted', async (fetcher) => {
    const machine = await machineWith(fetcher)
    machine.stub('sleep', '#!/bin/sh\nexit 0\n')
    const asked: (string | undefined)[] = []
    const half = STAND_IN.length / 2
    const { url } = await serve((request, response) => {
      asked.push(request.headers.range)
      const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const headers = { 'content-length': STAND_IN.length - start, 'accept-ranges': 'bytes' }
      const range = { 'content-range': `bytes ${start}-${STAND_IN.length - 1}/${STAND_IN.length}` }
      response.writeHead(start === 0 ? 200 : 206, start === 0 ? headers : { ...headers, ...range })
      if (start > 0) response.end(STAND_IN.slice(start))
      else response.write(STAND_IN.slice(0, half), () => response.destroy())
    })
    const { code, stdout } = await machine.run(['dash'], machine.program(url, 'cloud-config'))
    expect([code, machine.calls().length]).toEqual([0, 1])
    expect(asked[0] === undefined && /^bytes=[1-9]\d*-$/.test(asked[1] ?? '')).toBe(true)
    expect(stdout).toMatch(/\([1-9]\d* of \d+ bytes are here\)/)
  })

  test('waits between its tries for a coordinator that is down, longer each time, until it is up', async () => {
    const machine = await machineWith('curl')
    const down = await startCoordinator({ distFolder: machine.dist, isStarted: false })
    onTestFinished(() => down.stop())
    // Each pause of the program is a question to the test, which answers when it has done its part.
    const pauses: number[] = []
    const gate = await serve((request, response) => {
      pauses.push(Number(request.url?.slice(1)))
      if (pauses.length < 3) response.end()
      else void down.start().then(() => response.end())
    })
    machine.stub('sleep', `#!/bin/sh\ncurl -s "${gate.url}/$1"\n`)
    const { code, stdout } = await machine.run(['dash'], machine.program(down.url, 'cloud-config'))
    expect([code, machine.calls().length]).toEqual([0, 1])
    expect(stdout).toContain(`Next: check that this machine reaches ${down.url}`)
    const bounds = [5, 10, 20].map((least, index) => {
      const pause = pauses[index] ?? 0
      return pause >= least && pause < 2 * least
    })
    expect([pauses.length, bounds]).toEqual([3, [true, true, true]])
  })

  test.each(['curl', 'wget', 'python3'])('tells in a line or two why %s cannot fetch', async (fetcher) => {
    const machine = await machineWith(fetcher)
    const url = `http://127.0.0.1:${await freePort()}`
    const { stdout, stderr } = await machine.run(['dash'], machine.program(url, 'cloud-config'), [machine.root, '1'])
    expect(stdout).toMatch(/fetching ended with [1-9]/)
    expect(stderr).toMatch(/refused|[Ff]ailed to connect|Couldn't connect/)
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
  })

  test('starts from the beginning where a server has nothing more for what is there', async () => {
    const machine = await machineWith('curl')
    machine.stub('sleep', '#!/bin/sh\nexit 0\n')
    mkdirSync(workFolder(machine), { recursive: true })
    const part = join(workFolder(machine), machine.release.files[0]?.sha256 ?? '')
    writeFileSync(part, STAND_IN)
    truncateSync(part, 1000)
    const { url } = await serve((request, response) => {
      if (request.headers.range !== undefined) response.writeHead(416).end()
      else response.end(STAND_IN)
    })
    const { code } = await machine.run(['dash'], machine.program(url, 'cloud-config'))
    expect([code, readFileSync(installed(machine), 'utf8')]).toEqual([0, STAND_IN])
  })

  test('is not filled up by a server that sends without end', async () => {
    const machine = await machineWith('curl')
    machine.stub('sleep', '#!/bin/sh\nexit 0\n')
    const { url } = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
    })
    const { code, stdout } = await machine.run(['dash'], machine.program(url, 'cloud-config'), [machine.root, '1'])
    expect([code, machine.calls()]).toEqual([75, []])
    expect(stdout).toContain('fetching ended with')
    expect(readdirSync(workFolder(machine))).toEqual([])
  })

  test('keeps what it fetched to root, and tries an install that failed again', async () => {
    const machine = await machineWith('curl')
    machine.failOnce()
    let mode = ''
    const gate = await serve((_request, response) => {
      const modes = readdirSync(workFolder(machine)).map(
        (name) => statSync(join(workFolder(machine), name)).mode & 0o077,
      )
      mode = [statSync(workFolder(machine)).mode & 0o077, ...modes].join()
      response.end()
    })
    machine.stub('sleep', `#!/bin/sh\ncurl -s "${gate.url}"\n`)
    const { code, stdout } = await machine.run(['dash'], machine.program(coordinator.url, 'cloud-config'))
    expect([code, machine.calls().length, mode]).toEqual([0, 2, '0,0,0'])
    expect(stdout).toContain('its install ended with 70')
    expect(stdout.match(/fetching/g)).toHaveLength(1)
  })

  test('gives an agent that is there, but knows no coordinator, the coordinator; it fetches nothing', async () => {
    const machine = await machineWith()
    mkdirSync(join(machine.root, 'usr/lib/muster'), { recursive: true })
    writeFileSync(installed(machine), STAND_IN, { mode: 0o755 })
    writeFileSync(join(machine.root, 'usr/lib/muster/manifest.json'), '{"isComplete": true}')
    const { code } = await machine.run(['dash'], machine.program(coordinator.url, 'cloud-config'))
    expect([code, machine.calls().length]).toEqual([0, 1])
    expect(readFileSync(join(machine.root, 'etc/muster/agent.conf'), 'utf8')).toBe(`coordinator=${coordinator.url}\n`)
  })

  test('takes up an install that was cut off', async () => {
    const machine = await machineWith('curl')
    mkdirSync(join(machine.root, 'usr/lib/muster'), { recursive: true })
    mkdirSync(join(machine.root, 'etc/muster'), { recursive: true })
    writeFileSync(installed(machine), 'half of i', { mode: 0o755 })
    writeFileSync(join(machine.root, 'usr/lib/muster/manifest.json'), '{"isComplete": false}')
    writeFileSync(join(machine.root, 'etc/muster/agent.conf'), `coordinator=${coordinator.url}\n`)
    const { code } = await machine.run(['dash'], machine.program(coordinator.url, 'cloud-config'))
    expect([code, readFileSync(installed(machine), 'utf8')]).toEqual([0, STAND_IN])
  })

  test('leaves an agent alone that has its coordinator, whatever its version', async () => {
    const machine = await machineWith()
    mkdirSync(join(machine.root, 'usr/lib/muster'), { recursive: true })
    mkdirSync(join(machine.root, 'etc/muster'), { recursive: true })
    writeFileSync(installed(machine), 'a newer one', { mode: 0o755 })
    writeFileSync(join(machine.root, 'usr/lib/muster/manifest.json'), '{"isComplete": true}')
    writeFileSync(join(machine.root, 'etc/muster/agent.conf'), 'coordinator = https://other.example.org\n')
    const { code } = await machine.run(['dash'], machine.program(coordinator.url, 'cloud-config'))
    expect([code, machine.calls(), readFileSync(installed(machine), 'utf8')]).toEqual([0, [], 'a newer one'])
  })

  test('says that there is no agent for a machine of another kind, and that none can be fetched without a program', async () => {
    const strange = await machineWith('curl')
    strange.stub('uname', '#!/bin/sh\necho riscv64\n')
    const other = await strange.run(['dash'], strange.program(coordinator.url, 'cloud-config'))
    expect([other.code, other.stdout]).toEqual([78, expect.stringContaining('no agent for riscv64')])
    const bare = await machineWith()
    const none = await bare.run(['dash'], bare.program(coordinator.url, 'cloud-config'), [bare.root, '1'])
    expect([none.code, none.stdout]).toEqual([75, expect.stringContaining('neither curl nor wget nor python3')])
  })

  test('is found faultless by shellcheck, as script and inside the cloud-config', async () => {
    for (const format of USER_DATA_FORMATS) {
      const input = world.program('https://muster.example.org', format, ['https://mirror.example.org'])
      const { stdout, status } = spawnSync('shellcheck', ['--severity=style', '-'], { input, encoding: 'utf8' })
      expect([format, status, stdout]).toEqual([format, 0, ''])
    }
  })
})

describe('muster context user-data', () => {
  let cli: ReturnType<typeof createCommandLine>
  beforeEach(() => {
    cli = createCommandLine(coordinator.url)
  })
  afterEach(() => cli[Symbol.dispose]())
  const make = (...args: readonly string[]) => cli.run(['context', 'user-data', ...args])

  test('prints what a machine can run at once, and warns of an address that no machine reaches', async () => {
    const { code, stdout, stderr } = await make('--format', 'script')
    expect([code, stderr]).toEqual([0, expect.stringContaining('is this machine only')])
    const machine = await machineWith('curl')
    // The coordinator of this file serves a release of its own; the sum in the text is that of it.
    expect(stdout).toContain(world.release.files[0]?.sha256 ?? 'none')
    expect((await machine.run(['dash'], stdout)).code).toBe(0)
  })

  test('takes a context of a file along, warns that it is readable, and writes a private file', async () => {
    const file = cli.file('mine.context', '[cernvm]\nusers=physicist:physicist:secretword\n')
    const out = join(cli.folder, 'user-data')
    const { code, stdout, stderr } = await make(file, '--coordinator', 'https://muster.example.org', '--out', out)
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(/warning: everybody in the machine and at the cloud can read user-data, so the context too/)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect(readFileSync(out, 'utf8')).toContain('\nusers=physicist:physicist:secretword\n')
    expect((await make(file, '--out', out)).code).toBe(65)
  })

  test('says by how much a context is too large, and fits it in with --gzip', async () => {
    const file = cli.file('large.context', `#!/bin/sh.after\n${'# a long remark\n'.repeat(1500)}exit 0\n`)
    const refused = await make(file)
    expect([refused.code, refused.stdout]).toEqual([65, ''])
    expect(refused.stderr).toMatch(/error\[too-large\]: The user-data has \d+ bytes, \d+ more than the 16384/)
    expect((await make(file, '--gzip')).code).toBe(64)
    expect((await make(file, '--gzip', '--out', join(cli.folder, 'user-data.gz'))).code).toBe(0)
  })

  test('believes only a channel that one of its own keys has signed', async () => {
    const right = cli.file('right.keys', `# the project\n${world.releaseKey}\n`)
    const wrong = cli.file('wrong.keys', `${(await machineWith()).releaseKey}\n`)
    const proven = await make('--release-key', right, '--json')
    expect(JSON.parse(proven.stdout)).toMatchObject({ userData: { version: '0.3.0+abcdef0', channel: 'stable' } })
    const refused = await make('--release-key', wrong)
    expect([refused.code, refused.stderr]).toEqual([65, expect.stringContaining('error[unknown-key]')])
  })

  test('names the channels that there are when one is asked for that is not', async () => {
    expect(await make('--channel', 'edge')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is: stable.'),
    })
  })
})
