import { lstat, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Something that holds or not, in words. */
export interface Check {
  readonly claim: string
  readonly holds: boolean
}

/** What `alice.context` must have made of a tree (the account, its password, the settings, the desktop). */
export async function checkAliceTree(root: string, canRunScripts: boolean): Promise<readonly Check[]> {
  const read = (path: string) => readFile(join(root, path), 'utf8').catch(() => '')
  const [passwd, shadow, site, repositories] = await Promise.all([
    read('etc/passwd'),
    read('etc/shadow'),
    read('etc/cernvm/site.conf'),
    read('etc/cvmfs/site.conf'),
  ])
  const target = await readlink(join(root, 'etc/systemd/system/default.target')).catch(() => '')
  const home = await lstat(join(root, 'home/alice')).catch(() => undefined)
  const checks: Check[] = [
    {
      claim: 'account alice exists, with bash',
      holds: /^alice:x:\d+:\d+:[^:]*:\/home\/alice:\/bin\/bash$/m.test(passwd),
    },
    { claim: 'its password is stored as a salted SHA-512 hash', holds: /^alice:\$6\$/m.test(shadow) },
    { claim: 'its home directory is there', holds: home?.isDirectory() === true },
    { claim: '/etc/cernvm/site.conf names the organisation', holds: /^CERNVM_ORGANISATION=ALICE$/m.test(site) },
    { claim: '/etc/cernvm/site.conf keeps the shell', holds: /^CERNVM_USER_SHELL=\/bin\/bash$/m.test(site) },
    { claim: '/etc/cvmfs/site.conf lists the repositories', holds: repositories.includes('alice,alice-ocdb,grid,sft') },
    { claim: 'the machine boots to the graphical target', holds: target.endsWith('graphical.target') },
  ]
  if (canRunScripts) {
    const bashrc = await read('home/alice/.bashrc')
    const blocks = bashrc.split('CERNVM_ALICE_ENV=1').length - 1
    checks.push({ claim: 'the script has added its block to ~/.bashrc, once', holds: blocks === 1 })
  }
  return checks
}
