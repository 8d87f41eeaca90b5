import type { TreeReader } from './entry.ts'
import { resolveInRoot } from './resolve-in-root.ts'
import type { UnitLink } from './unit-files.ts'

const MAX_SCRIPT_BYTES = 1024 * 1024

/**
 * The run-level links that enable a System V init script, from its LSB header (`Default-Start`, `Default-Stop`) or its
 * `chkconfig` line; undefined when the machine has no such script.
 */
export async function initScriptLinks(tree: TreeReader, name: string): Promise<readonly UnitLink[] | undefined> {
  if (!/^[\w.-]+$/.test(name)) return undefined
  const path = await resolveInRoot(tree, `/etc/init.d/${name}`)
  const entry = await tree.entry(path)
  if (entry?.type !== 'file') return undefined
  const text = Buffer.from(await tree.content(path, MAX_SCRIPT_BYTES)).toString('latin1')
  const { start, stop, startOrder, stopOrder } = decodeRunLevels(text)
  const link = (level: string, letter: string, order: string) => ({
    path: `/etc/rc${level}.d/${letter}${order}${name}`,
    target: `../init.d/${name}`,
  })
  return [...start.map((level) => link(level, 'S', startOrder)), ...stop.map((level) => link(level, 'K', stopOrder))]
}

interface RunLevels {
  readonly start: readonly string[]
  readonly stop: readonly string[]
  readonly startOrder: string
  readonly stopOrder: string
}

/** Run levels of an init script's text; without any header 2 to 5, as `chkconfig` and `update-rc.d` take it. */
export function decodeRunLevels(text: string): RunLevels {
  const chkconfig = /^#\s*chkconfig:\s*([0-6]+|-)\s+(\d{1,2})\s+(\d{1,2})/m.exec(text)
  if (chkconfig !== null) {
    const [, levels = '', startOrder = '', stopOrder = ''] = chkconfig
    const start = levels === '-' ? [] : [...levels]
    const stop = [...'0123456'].filter((level) => !start.includes(level))
    return { start, stop, startOrder: startOrder.padStart(2, '0'), stopOrder: stopOrder.padStart(2, '0') }
  }
  const levelsOf = (key: string) => {
    const match = new RegExp(`^#\\s*${key}:\\s*([0-6 ]*)$`, 'm').exec(text)
    return match?.[1] === undefined ? undefined : match[1].split(/\s+/).filter((level) => level !== '')
  }
  return {
    start: levelsOf('Default-Start') ?? ['2', '3', '4', '5'],
    stop: levelsOf('Default-Stop') ?? ['0', '1', '6'],
    startOrder: '01',
    stopOrder: '01',
  }
}
