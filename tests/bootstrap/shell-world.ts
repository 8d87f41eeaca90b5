import { createHash, generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { arch, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { renderUserData, type UserDataFormat } from '@muster/contexts/bootstrap/user-data.ts'
import { sealChannel } from '@muster/contexts/release/channel.ts'
import { channelPath, filePath, type Release } from '@muster/contexts/release/release.ts'
import { parse } from 'yaml'
import { type Ended, startProgram } from '../program.ts'

/** A stand-in for the agent: it writes down how it was called, and installs what the real one leaves. */
export const STAND_IN = `#!/bin/sh
set -eu
root= coordinator= keys=
echo "$*" >>"$STAND_IN_LOG"
while [ $# -gt 0 ]; do
  case $1 in
  --root) root=$2 ;;
  --coordinator) coordinator=$2 ;;
  --release-key) keys=$2 ;;
  esac
  shift
done
[ ! -e "$STAND_IN_LOG.fail" ] || { rm "$STAND_IN_LOG.fail"; exit 70; }
mkdir -p "$root/usr/lib/muster" "$root/etc/muster"
cmp -s "$0" "$root/usr/lib/muster/muster-agent" || cp "$0" "$root/usr/lib/muster/muster-agent"
echo '{"isComplete": true}' >"$root/usr/lib/muster/manifest.json"
echo "coordinator=$coordinator" >"$root/etc/muster/agent.conf"
cp "$keys" "$root/etc/muster/release.keys"
exit 0
# ${'padding '.repeat(40_000)}
`

/** Programs of the machine that the bootstrap may use beside one that fetches. */
const BASICS = [
  'cat',
  'chmod',
  'cmp',
  'cp',
  'cut',
  'env',
  'grep',
  'id',
  'mkdir',
  'od',
  'rm',
  'rmdir',
  'sha256sum',
  'uname',
  'wc',
]

/** A dist folder with a stand-in, a machine as a folder, and shells with few programs. */
export interface ShellWorld extends Disposable {
  readonly dist: string
  readonly root: string
  readonly release: Release
  readonly releaseKey: string
  /** What is served for this machine; change it to be somebody who serves something else. */
  readonly agentFile: string
  /** How the stand-in was called, one line each. */
  calls(): readonly string[]
  /** Lets the next install of the stand-in fail. */
  failOnce(): void
  /** The program as it comes out of the user-data. */
  program(coordinatorUrl: string, format: UserDataFormat, mirrors?: readonly string[]): string
  /** Puts a program of the test in place of one of the machine, for the shells. */
  stub(name: string, script: string): void
  run(shell: readonly string[], program: string, args?: readonly string[]): Promise<Ended>
}

/** @param fetchers - which of curl, wget and python3 the machine has, or names of busybox's own */
export async function createShellWorld(fetchers: readonly string[]): Promise<ShellWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-bootstrap-'))
  const [dist, root, bin] = ['dist', 'root', 'bin'].map((name) => join(folder, name)) as [string, string, string]
  for (const path of [join(dist, 'channels'), join(dist, 'sha256'), root, bin]) mkdirSync(path, { recursive: true })
  for (const name of [...BASICS, ...fetchers]) symlinkSync(findProgram(name), join(bin, name))
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const sha256 = createHash('sha256').update(STAND_IN).digest('hex')
  const machine = arch() === 'arm64' ? 'arm64' : 'x64'
  const bytes = Buffer.byteLength(STAND_IN)
  const release: Release = {
    version: '0.3.0+abcdef0',
    commit: 'abcdef0',
    publishedAt: '2026-11-22T12:00:00Z',
    channel: 'stable',
    files: [{ name: 'muster-agent', os: 'linux', arch: machine, bytes, sha256 }],
  }
  const agentFile = join(dist, filePath(sha256))
  writeFileSync(agentFile, STAND_IN)
  writeFileSync(join(dist, channelPath('stable')), await sealChannel(release, { kty: 'OKP', crv: 'Ed25519', x, d }))
  const log = join(folder, 'calls')
  writeFileSync(log, '')
  return {
    dist,
    root,
    release,
    releaseKey: x,
    agentFile,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    failOnce: () => writeFileSync(`${log}.fail`, ''),
    program(coordinatorUrl, format, mirrors = []) {
      const { text } = renderUserData({ coordinatorUrl, mirrors, release, releaseKeys: [x], format })
      if (format === 'script') return text
      const { write_files: files }: { write_files: { content: string }[] } = parse(text)
      return files[0]?.content ?? ''
    },
    stub(name, script) {
      rmSync(join(bin, name), { force: true })
      writeFileSync(join(bin, name), script)
      chmodSync(join(bin, name), 0o755)
    },
    run(shell, program, args = [root]) {
      const file = join(folder, 'program.sh')
      writeFileSync(file, program)
      const [name = '', ...flags] = shell
      const env = ['-i', `PATH=${bin}`, `STAND_IN_LOG=${log}`]
      return startProgram('/usr/bin/env', [...env, findProgram(name), ...flags, file, ...args]).ended
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Absolute path of a program of this machine, as Debian has it. */
function findProgram(name: string): string {
  for (const folder of ['/usr/bin', '/bin', ...(process.env['PATH'] ?? '').split(delimiter)]) {
    try {
      readFileSync(join(folder, name))
      return join(folder, name)
    } catch {
      // The next folder.
    }
  }
  throw new Error(`there is no ${name} on this machine (looked beside ${dirname('/usr/bin/x')})`)
}
