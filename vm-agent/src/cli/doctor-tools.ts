import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { DoctorCheck } from './doctor-check.ts'

/** Programs of the distribution, and what they are needed for. */
const LIVE_TOOLS = ['flock', 'setpriv', 'groupadd', 'useradd', 'usermod', 'chpasswd', 'bash'] as const
const TREE_TOOLS = ['flock', 'setpriv', 'unshare', 'nsenter', 'mount', 'chroot'] as const

/** Whether the programs that an apply calls are there. */
export const toolsCheck: DoctorCheck = {
  name: 'tools',
  async run({ root, path }) {
    const tools = root === '/' ? LIVE_TOOLS : TREE_TOOLS
    const missing: string[] = []
    for (const tool of tools) if (!(await isInstalled(tool, path))) missing.push(tool)
    if (missing.length === 0) return { status: 'ok', message: tools.join(', ') }
    const hint = 'Install util-linux, passwd (or shadow-utils), coreutils and bash.'
    return { status: missing.includes('flock') ? 'fail' : 'warn', message: `missing: ${missing.join(', ')}`, hint }
  },
}

async function isInstalled(tool: string, path: string): Promise<boolean> {
  for (const directory of path.split(':')) {
    try {
      await access(join(directory, tool), constants.X_OK)
      return true
    } catch {
      // Not here; the next directory may have it.
    }
  }
  return false
}
