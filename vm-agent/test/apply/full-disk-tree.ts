import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A few account files, without the help of the test runner: this runs in a process of its own. */
export function fillFiles(root: string): void {
  mkdirSync(join(root, 'etc/cernvm'), { recursive: true })
  mkdirSync(join(root, 'home'))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/shadow'), 'root:*:19000::::::\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  writeFileSync(join(root, 'etc/cernvm/site.conf'), 'A=1\n')
}

/** Paths with mode and content. */
export function snapshotFiles(root: string, path = '/'): readonly string[] {
  const place = join(root, path)
  const stats = lstatSync(place)
  if (stats.isSymbolicLink()) return [`${path} -> ${readlinkSync(place)}`]
  if (!stats.isDirectory()) return [`${path} ${stats.mode} ${readFileSync(place, 'utf8')}`]
  return [
    `${path} ${stats.mode}`,
    ...readdirSync(place)
      .sort()
      .flatMap((name) => snapshotFiles(root, join(path, name))),
  ]
}
