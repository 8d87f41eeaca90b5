import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readAccount } from '../trees/accounts.ts'
import { readManifest } from '../trees/manifest.ts'

/** What the agent made of a context in a tree, as far as cloud-init can be asked for the same. */
export interface MadeByAgent {
  readonly account: {
    readonly name: string
    readonly shell: string
    readonly groups: readonly string[]
    readonly password: string
  }
  readonly files: readonly MadeFile[]
}

/** A file that the agent created or changed. */
export interface MadeFile {
  readonly path: string
  readonly mode: number
  readonly content: Buffer
}

/** Written through the tools for accounts, by both sides; not files in the sense of a configuration. */
const ACCOUNT_FILES = /^\/etc\/(passwd|shadow|group|gshadow|subuid|subgid)-?$|^\/home\/|^\/var\//

/**
 * Reads off a tree what the agent changed in it: the wishes for cloud-init are taken from the result itself, so that
 * both do the same by construction. Links (the default target) are left out, in favor of cloud-init.
 */
export function readMadeByAgent(before: string, after: string, user: string, password: string): MadeByAgent {
  const old = readManifest(before)
  const files = [...readManifest(after)]
    .filter(([path, entry]) => entry.startsWith('file ') && old.get(path) !== entry && !ACCOUNT_FILES.test(path))
    .map(([path]) => ({
      path,
      mode: lstatSync(join(after, path)).mode & 0o7777,
      content: readFileSync(join(after, path)),
    }))
  const account = readAccount(after, user)
  if (account === undefined) throw new Error(`the agent made no account ${user}`)
  return { account: { name: user, shell: account.shell, groups: account.supplementary, password }, files }
}

/** The same wishes as a cloud-config text (JSON is YAML). */
export function encodeCloudConfig({ account, files }: MadeByAgent): string {
  const config = {
    users: [
      {
        name: account.name,
        groups: account.groups,
        shell: account.shell,
        lock_passwd: false,
        plain_text_passwd: account.password,
      },
    ],
    write_files: files.map(({ path, mode, content }) => ({
      path,
      permissions: `0${mode.toString(8)}`,
      encoding: 'b64',
      content: content.toString('base64'),
    })),
  }
  return `#cloud-config\n${JSON.stringify(config, undefined, 1)}\n`
}

/** Gives a tree the configuration and the seed with which cloud-init fulfills the wishes, and nothing else. */
export function seedCloudInit(root: string, cloudConfig: string): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const modules = 'cloud_init_modules: [write-files, users-groups]\ncloud_config_modules: []\ncloud_final_modules: []\n'
  write('etc/cloud/cloud.cfg.d/99-bench.cfg', `datasource_list: [NoCloud]\nnetwork: {config: disabled}\n${modules}`)
  write('var/lib/cloud/seed/nocloud/meta-data', 'instance-id: bench\ndsmode: local\n')
  write('var/lib/cloud/seed/nocloud/user-data', cloudConfig)
}

/**
 * Checks that a tree has what the agent had made.
 *
 * @throws naming the first difference: then the two runs must not be compared
 */
export function demandSame(root: string, made: MadeByAgent): void {
  const account = readAccount(root, made.account.name)
  if (account === undefined) throw new Error('cloud-init made no account')
  if (account.shell !== made.account.shell) throw new Error(`another shell: ${account.shell}`)
  if (account.supplementary.join() !== made.account.groups.join()) {
    throw new Error(`other groups: ${account.supplementary.join()}, wanted ${made.account.groups.join()}`)
  }
  for (const { path, mode, content } of made.files) {
    if (!readFileSync(join(root, path)).equals(content)) throw new Error(`another content: ${path}`)
    if ((lstatSync(join(root, path)).mode & 0o7777) !== mode) throw new Error(`another mode: ${path}`)
  }
}
