import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { isRoot, temporaryDirectory } from '../apply/tree-fixture.ts'
import { hasProgram } from './programs.ts'

const ENTRY = fileURLToPath(new URL('./names-entry.ts', import.meta.url))
const IN_NAMESPACE = 'ip link set lo up && mount --bind "$1" /etc/resolv.conf && exec "$2" "$3" "$4"'
const canMakeNamespaces = isRoot && ['unshare', 'ip', 'mount', 'getent'].every(hasProgram)

test.runIf(canMakeNamespaces)('programs of the system find services by name, and doctor says so', async () => {
  const folder = temporaryDirectory()
  const resolver = join(folder, 'resolv.conf')
  writeFileSync(resolver, 'nameserver 127.53.53.53\noptions timeout:5 attempts:2\n')
  const namespace = ['--mount', '--net', 'sh', '-c', IN_NAMESPACE, 'sh', resolver, process.execPath, ENTRY, folder]
  const { stdout } = await promisify(execFile)('unshare', namespace)
  expect(JSON.parse(stdout)).toEqual({
    four: '10.0.0.1',
    six: 'fd00::1',
    nobody: 'not found',
    doctor: { status: 'ok', message: 'six.service.muster is fd00::1' },
  })
})
