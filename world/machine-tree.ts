import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * The root directory of the machine in the world: the files that a context works on, and, so that scripts of contexts
 * can run in it, a shell and a few tools copied from this system with the libraries that they load.
 */
export async function makeMachineTree(root: string): Promise<void> {
  for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true })
  for (const [path, file] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), file.text, { mode: file.mode })
  }
  await symlink('usr/bin', join(root, 'bin'))
  await symlink('usr/lib', join(root, 'lib'))
  await symlink('usr/lib64', join(root, 'lib64'))
  for (const program of PROGRAMS) await copyProgram(program, root)
  await symlink('bash', join(root, 'usr/bin/sh'))
}

const FOLDERS = [
  'dev',
  'etc/cernvm',
  'etc/cvmfs/config.d',
  'etc/profile.d',
  'etc/skel',
  'etc/systemd/system',
  'home',
  'proc',
  'root',
  'run',
  'sys',
  'tmp',
  'usr/bin',
  'usr/lib/systemd/system',
  'usr/lib64',
  'var/lib',
  'var/log',
]

const PROGRAMS = [
  'bash',
  'cat',
  'chmod',
  'chown',
  'cp',
  'grep',
  'id',
  'ln',
  'ls',
  'mkdir',
  'mktemp',
  'ps',
  'rm',
  'touch',
]

const FILES: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {
  'etc/passwd': {
    text: 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
    mode: 0o644,
  },
  'etc/group': { text: 'root:x:0:\nusers:x:100:\ndocker:x:101:\nnogroup:x:65534:\n', mode: 0o644 },
  'etc/shadow': { text: 'root:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n', mode: 0o640 },
  'etc/gshadow': { text: 'root:*::\nusers:*::\ndocker:*::\nnogroup:*::\n', mode: 0o640 },
  'etc/login.defs': {
    text: 'UID_MIN 1000\nUID_MAX 60000\nSYS_UID_MIN 101\nSYS_UID_MAX 999\nGID_MIN 1000\nGID_MAX 60000\nSYS_GID_MIN 101\nSYS_GID_MAX 999\nHOME_MODE 0700\nENCRYPT_METHOD SHA512\n',
    mode: 0o644,
  },
  'etc/shells': { text: '/bin/sh\n/bin/bash\n', mode: 0o644 },
  'etc/hostname': { text: 'muster-vm\n', mode: 0o644 },
  'etc/hosts': { text: '127.0.0.1 localhost\n', mode: 0o644 },
  'etc/os-release': { text: 'ID=muster-world\nVERSION_ID=1\nPRETTY_NAME="Muster world machine"\n', mode: 0o644 },
  'etc/skel/.bashrc': { text: '# ~/.bashrc: read by interactive bash\n', mode: 0o644 },
  'etc/skel/.profile': { text: '# ~/.profile: read by login shells\n', mode: 0o644 },
  'usr/lib/systemd/system/ssh.service': {
    text: '[Unit]\nDescription=OpenSSH server\n\n[Service]\nExecStart=/usr/sbin/sshd -D\n\n[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n',
    mode: 0o644,
  },
}

/** Copies a program and the shared libraries that the loader names; one that is not here is left out. */
async function copyProgram(name: string, root: string): Promise<void> {
  const { stdout, status } = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' })
  if (status !== 0) return
  const source = await realpath(stdout.trim())
  await copyFile(source, join(root, 'usr/bin', name))
  const { stdout: loads } = spawnSync('ldd', [source], { encoding: 'utf8' })
  for (const [library] of loads.matchAll(/\/\S+(?= \(0x)/g)) {
    const target = join(root, library)
    await mkdir(dirname(target), { recursive: true })
    await copyFile(library, target)
  }
}
