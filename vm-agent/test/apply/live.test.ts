import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { isRoot, temporaryDirectory } from './tree-fixture.ts'

const ENTRY = fileURLToPath(new URL('./live-entry.ts', import.meta.url))
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const PASSWORD = 'live-Passw0rd'
const CONTEXT = `#!/bin/bash
echo "$AMICONFIG_CONTEXT_URL" > /script-ran
exit 0
[amiconfig]
plugins=cernvm hostname
[cernvm]
users=mustertest:mustergroup:${PASSWORD}
environment=A=1
[hostname]
hostname=live-test
`

/** This machine as an overlay in namespaces of its own: the tools are real, their effects go with the process. */
const ENTER = `
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/merged"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/merged"
mkdir -p "$1/merged$4"
mount --rbind "$4" "$1/merged$4"
mount --rbind /dev "$1/merged/dev"
mount -t proc proc "$1/merged/proc"
exec chroot "$1/merged" "$2" "$3" "$5"
`

interface LiveResult {
  readonly outcome: string
  readonly error: unknown
  readonly again: string
  readonly account: string
  readonly shadow: string
  readonly nameAfter: string
  readonly irreversible: readonly string[]
  readonly isBack: boolean
  readonly script: string
  readonly calls: readonly string[]
}

describe.runIf(isRoot)('an apply to the running system', () => {
  test('goes through the tools of the distribution without secrets in their command lines, and is taken back', () => {
    const spaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--uts', '--net', '--kill-child']
    const args = [
      ...spaces,
      'sh',
      '-c',
      ENTER,
      'live',
      temporaryDirectory(),
      process.execPath,
      ENTRY,
      CHECKOUT,
      CONTEXT,
    ]
    const output = execFileSync('unshare', args, { encoding: 'utf8', env: { PATH: SYSTEM_PATH } })
    const result = JSON.parse(output) as LiveResult
    expect(result.error).toBeNull()
    expect(result).toMatchObject({ outcome: 'applied', again: 'unchanged', nameAfter: 'live-test' })
    expect(result.account).toMatch(/^mustertest:x:\d+:\d+::\/home\/mustertest:\/bin\/bash$/)
    expect(result.shadow).toMatch(/^mustertest:\$6\$/)
    expect(result.script).toMatch(/^file:\/var\/lib\/muster-live-test\/run\/amiconfig-\w+\n$/)
    expect(result.irreversible).toEqual(['not taken back: script (after)'])
    expect(result.isBack).toBe(true)
    const tools = new Set(result.calls.map((line) => line.split(' ')[0]))
    for (const tool of ['groupadd', 'useradd', 'usermod', 'chpasswd', 'hostname']) expect(tools, tool).toContain(tool)
    expect(result.calls.filter((line) => line.includes(PASSWORD) || line.includes('$6$'))).toEqual([])
  })
})
