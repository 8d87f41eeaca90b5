import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CodedError } from '@muster/contexts/fault.ts'
import { DEFAULT_CHANNEL, isChannelName } from '@muster/contexts/release/release.ts'
import { decodeReleaseKeys } from '@muster/contexts/release/release-keys.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import { readProgramFile } from './program-file.ts'
import { publish } from './publish.ts'
import { PublishError } from './publish-error.ts'
import { makeSigningKey, readSigningKey } from './signing-key.ts'
import { verifyDist } from './verify.ts'

const HELP = `npm run release -- COMMAND

  keygen --out FILE
      Makes a key: its private half goes into FILE (0600), its public half, for release.keys, is printed.

  publish --key FILE [--dist DIR] [--channel NAME] PROGRAM…
      Copies programs into a dist folder and has a channel offer them, signed.
      --release-version and --commit say what the programs do not tell themselves, --arch (x64, arm64) what a
      script is for.

  verify --keys FILE [--dist DIR] [--channel NAME]
      Looks at a dist folder as a machine does that pins the keys in FILE.

DIR is dist/release when it is left out, NAME is ${DEFAULT_CHANNEL}, or for verify all that are there.
Exit codes: 0 done, 1 verify has found problems, 64 wrong command line, 65 a file that cannot be used.`

const DIST = 'dist/release'

// Not awaited at the top level, as in the other programs.
void runLine(process.argv.slice(2))

async function runLine([command, ...args]: readonly string[]): Promise<void> {
  try {
    process.exitCode = await run(command, args)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    complain(`error[${error.code}]: ${error.message}${error.hint === undefined ? '' : `\n  next: ${error.hint}`}`)
    process.exitCode = error.code === 'usage' ? EXIT.usage : EXIT.badInput
  }
}

async function run(command: string | undefined, args: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(args)
  if (values.help || command === '--help' || command === 'help') {
    say(HELP)
    return EXIT.done
  }
  switch (command) {
    case 'keygen':
      say(await makeSigningKey(resolve(needed(values.out, '--out'))))
      return EXIT.done
    case 'publish':
      return publishPrograms(values, positionals)
    case 'verify':
      return verifyFolder(values)
    default:
      throw usage(command === undefined ? 'a command is missing' : `${command} is no command`)
  }
}

type Flags = ReturnType<typeof readFlags>['values']

function readFlags(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        out: text,
        key: text,
        keys: text,
        dist: { ...text, default: DIST },
        channel: text,
        arch: text,
        'release-version': text,
        commit: text,
      },
    })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

async function publishPrograms(flags: Flags, paths: readonly string[]): Promise<number> {
  const channel = channelOf(flags.channel) ?? DEFAULT_CHANNEL
  const { arch } = flags
  if (arch !== undefined && arch !== 'x64' && arch !== 'arm64') throw usage('--arch is x64 or arm64')
  if (paths.length === 0) throw usage('no program is given')
  const signer = await readSigningKey(resolve(needed(flags.key, '--key')))
  const programs = await Promise.all(paths.map((path) => readProgramFile(resolve(path), arch)))
  const { commit, 'release-version': version } = flags
  const dist = resolve(flags.dist)
  const release = await publish({ dist, channel, signer, programs, version, commit, now: systemClock.now() })
  say(`channel ${channel} offers ${release.version}, published ${release.publishedAt}`)
  for (const { name, os, arch, bytes, sha256 } of release.files) {
    say(`  ${name} ${os} ${arch}, ${(bytes / 1e6).toFixed(1)} MB, ${sha256}`)
  }
  return EXIT.done
}

async function verifyFolder(flags: Flags): Promise<number> {
  const path = resolve(needed(flags.keys, '--keys'))
  const keys = decodeReleaseKeys(await readText(path), path)
  const findings = await verifyDist(resolve(flags.dist), keys, channelOf(flags.channel))
  for (const { channel, release, problems } of findings) {
    const what = release === undefined ? 'cannot be believed' : `offers ${release.version} of ${release.publishedAt}`
    say(`channel ${channel} ${what}${problems.length === 0 ? ', all files are right' : ''}`)
    for (const problem of problems) complain(`  ${problem}`)
  }
  if (findings.length === 0) complain('there is no channel')
  return findings.length > 0 && findings.every(({ problems }) => problems.length === 0) ? EXIT.done : EXIT.failed
}

function channelOf(name: string | undefined): string | undefined {
  if (name === undefined || isChannelName(name)) return name
  throw usage('the name of a channel has small letters, digits and dashes')
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new PublishError('bad-file', `${path} cannot be read`, { cause, hint: 'Check that it is there.' })
  }
}

function needed(value: string | undefined, flag: string): string {
  if (value === undefined) throw usage(`${flag} is missing`)
  return value
}

function usage(message: string): PublishError {
  return new PublishError('usage', message, { hint: 'npm run release -- --help shows the commands.' })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}
