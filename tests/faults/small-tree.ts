import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder with the few files that a machine must have for accounts, and nothing that runs. */
export interface SmallTree {
  readonly root: string
  /** Folder around the root: where a context that breaks out would land. */
  readonly outside: string
  [Symbol.dispose](): void
}

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  'etc/group': 'root:x:0:\nusers:x:100:\nnogroup:x:65534:\n',
  'etc/shadow': 'root:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n',
  'etc/gshadow': 'root:*::\nusers:*::\nnogroup:*::\n',
  'etc/login.defs': 'UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nENCRYPT_METHOD SHA512\n',
  'etc/skel/.bashrc': '# bash\n',
  'etc/hostname': 'small\n',
}

/** Makes a small tree in a temporary folder, or in a given empty one. */
export function makeSmallTree(given?: string): SmallTree {
  const outside = given ?? mkdtempSync(join(tmpdir(), 'muster-small-'))
  const root = join(outside, 'root')
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  mkdirSync(join(root, 'var/lib'), { recursive: true })
  return { root, outside, [Symbol.dispose]: () => rmSync(outside, { recursive: true, force: true }) }
}
