import { chmod, open, stat } from 'node:fs/promises'

/** Creates an empty file that only its owner may read, unless it exists; then others lose their access to it. */
export async function createPrivateFile(path: string): Promise<void> {
  const handle = await open(path, 'a', 0o600)
  await handle.close()
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) await chmod(path, 0o600)
}
