import { Credentials } from '@muster/contexts/wire/accounts.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { createLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { Command } from 'commander'
import { Value } from 'typebox/value'
import { createAccount } from './accounts/sign-in.ts'
import { type CommandOptions, type CoordinatorConfig, type ProcessFacts, readConfig } from './config.ts'
import { ApiError } from './http/api-error.ts'
import { createIds } from './ids.ts'
import type { Finding } from './operator/doctor.ts'
import { drawLetters } from './pairing/locator.ts'
import { createArgon2Hasher } from './password.ts'
import { openStore, type Store } from './store/store.ts'
import { StoreError } from './store/store-error.ts'
import { VERSION } from './version.ts'

/** What the commands need of their process. */
export interface CommandWorld {
  readonly facts: ProcessFacts
  readonly signal: AbortSignal
  /** One line for the person or program that called. */
  print(line: string): void
  /** All of standard input; empty when it is a terminal. */
  readInput(): Promise<string>
}

/** Builds the command line; `setExit` is told the code of a command that ended without an error. */
export function createCommands(world: CommandWorld, setExit: (code: ExitCode) => void): Command {
  const program = new Command('muster-coordinator')
    .description('Web API, pages and store of Muster')
    .version(VERSION)
    .showHelpAfterError('(see --help)')

  withStoreOptions(program.command('serve'))
    .description('run the coordinator')
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one (default: 127.0.0.1:8080)')
    .option('--public-url <url>', 'address under which people reach it (default: where it listens)')
    .option('--dist-dir <folder>', 'folder of releases, from which machines fetch the agent (default: none)')
    .option(
      '--mesh-listen <multiaddr>',
      'where members of clusters are met; off to take no part (default: /ip4/0.0.0.0/tcp/4001)',
    )
    .action((options: CommandOptions) => runServe(world, options))

  withStoreOptions(program.command('migrate'))
    .description('bring the store forward to this program')
    .option('--dry-run', 'only say what would be applied; exit code 2 when something would')
    .action(async (options: CommandOptions & { readonly dryRun?: boolean }) =>
      setExit(await runMigrate(world, options)),
    )

  const user = program.command('user').description('accounts')
  withStoreOptions(user.command('add'))
    .description('make an account; the password is read from standard input, or made up and printed')
    .argument('<login>')
    .action((login: string, options: CommandOptions) => runUserAdd(world, login, options))

  withStoreOptions(program.command('backup'))
    .description('copy the store, which may be in use, to a file')
    .argument('<file>')
    .action((file: string, options: CommandOptions) => runBackup(world, file, options))

  withStoreOptions(program.command('restore'))
    .description('put a backup into an empty data folder')
    .argument('<file>')
    .option('--without-mesh-key', 'leave the key of the mesh out: members of all clusters have to join anew')
    .action((file: string, options: RestoreCommandOptions) => runRestore(world, file, options))

  withStoreOptions(program.command('doctor'))
    .description('look for what is wrong with store and configuration')
    .option('--json', 'print JSON')
    .action(async (options: CommandOptions & { readonly json?: boolean }) => setExit(await runDoctor(world, options)))
  return program
}

interface RestoreCommandOptions extends CommandOptions {
  readonly withoutMeshKey?: boolean
}

function withStoreOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'data folder (default: /var/lib/muster-coordinator as root, else ./muster-data)')
    .option('--config <file>', 'configuration file')
}

async function runServe(world: CommandWorld, options: CommandOptions): Promise<void> {
  const config = await readConfig(options, world.facts)
  const log = createLog(config.log)
  const store = await openStore(config.store)
  // The server's libraries take most of the start; the other commands do without.
  const { serve } = await import('./serve.ts')
  await serve(config, {
    store,
    clock: systemClock,
    random: systemRandom,
    log,
    signal: world.signal,
    onListening: (origin) => world.print(`listening on ${config.publicUrl ?? origin}`),
  })
}

async function runMigrate(
  world: CommandWorld,
  options: CommandOptions & { readonly dryRun?: boolean },
): Promise<ExitCode> {
  return withStore(world, { ...options, mustExist: options.dryRun === true }, async (store) => {
    const { pending } = await store.migrations()
    if (options.dryRun === true) {
      for (const name of pending) world.print(`would apply ${name}`)
      return pending.length === 0 ? EXIT.done : EXIT.differences
    }
    for (const name of await store.migrate()) world.print(`applied ${name}`)
    return EXIT.done
  })
}

async function runUserAdd(world: CommandWorld, login: string, options: CommandOptions): Promise<void> {
  const given = (await world.readInput()).replace(/\r?\n$/, '')
  const password = given === '' ? makePassword() : given
  if (!Value.Check(Credentials, { login, password })) {
    throw new ApiError(
      'invalid-request',
      'A name has 2 to 40 lower-case letters, digits, dots or dashes and begins with a letter; a password has 10 to 200 characters.',
      { hint: 'Choose another name or password.' },
    )
  }
  await withStore(world, options, async (store) => {
    await store.migrate()
    const deps = { clock: systemClock, random: systemRandom }
    const passwordHasher = createArgon2Hasher(systemRandom)
    const account = await createAccount(
      { store, clock: systemClock, ids: createIds(deps), passwordHasher },
      login,
      password,
    )
    world.print(`account ${account.login} (${account.id})`)
    if (given === '') world.print(`password ${password}`)
  })
}

/** Four groups of four letters: 69 bits. */
function makePassword(): string {
  return Array.from({ length: 4 }, () => drawLetters(4, systemRandom).toLowerCase()).join('-')
}

async function runBackup(world: CommandWorld, file: string, options: CommandOptions): Promise<void> {
  const { mesh } = await readConfig(options, world.facts)
  const { backup, keyBeside } = await import('./operator/backup.ts')
  await withStore(world, { ...options, mustExist: true }, async (store) => {
    const { sizeBytes, sha256, meshKeySha256 } = await backup(store, file, systemClock.now(), mesh?.keyFile)
    world.print(`${file}: ${sizeBytes} bytes, sha256 ${sha256}`)
    if (meshKeySha256 !== undefined) world.print(`${keyBeside(file)}: signs for every cluster; keep it apart`)
  })
}

async function runRestore(world: CommandWorld, file: string, options: RestoreCommandOptions): Promise<void> {
  const config = await readConfig(options, world.facts)
  const { folder } = sqliteLocation(config)
  const { restore } = await import('./operator/backup.ts')
  const { createdAt, program } = await restore(file, folder, {
    isKeyLeftOut: options.withoutMeshKey === true,
    ...(config.mesh === undefined ? {} : { keyFile: config.mesh.keyFile }),
  })
  world.print(`${folder}: as of ${createdAt}, made by ${program}`)
}

async function runDoctor(
  world: CommandWorld,
  options: CommandOptions & { readonly json?: boolean },
): Promise<ExitCode> {
  const config = await readConfig(options, world.facts)
  const { examine } = await import('./operator/doctor.ts')
  const findings = await withStore(world, { ...options, mustExist: true }, (store) =>
    examine(config, store, systemClock),
  )
  if (options.json === true) world.print(JSON.stringify({ findings }, null, 2))
  else for (const finding of findings) world.print(lineOf(finding))
  return findings.some((finding) => finding.severity === 'error') ? EXIT.failed : EXIT.done
}

function lineOf({ severity, check, detail, fix }: Finding): string {
  return `${severity.padEnd(7)} ${check}: ${detail}${fix === undefined ? '' : ` — ${fix}`}`
}

async function withStore<T>(
  world: CommandWorld,
  options: CommandOptions & { readonly mustExist?: boolean },
  task: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore((await readConfig(options, world.facts)).store, options)
  try {
    return await task(store)
  } finally {
    await store.close()
  }
}

function sqliteLocation({ store }: CoordinatorConfig): { readonly folder: string } {
  if (store.kind === 'sqlite') return store
  throw new StoreError('unusable', 'a PostgreSQL store is restored with the tools of the server', {
    hint: 'Use pg_restore, or unset DATABASE_URL.',
  })
}
