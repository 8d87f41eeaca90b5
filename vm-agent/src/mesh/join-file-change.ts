import type { Clock } from '@muster/runtime/clock.ts'
import type { Bell } from '../pairing/bell.ts'
import { type JoinFile, joinFilePath, readJoinFile } from './join-file.ts'
import { watchPath } from './watch-path.ts'

/** Where the system cannot tell of changes, the file is looked at so often. */
const LOOK_EVERY_MS = 30_000

/** Resolves when the join file is another than this one, or the signal aborts. Never rejects. */
export async function joinFileChange(
  deps: { readonly root: string; readonly clock: Clock; readonly touched: Bell },
  file: JoinFile,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const turn = new AbortController()
    const either = AbortSignal.any([signal, turn.signal])
    const until = (wait: Promise<void>) => wait.catch(() => undefined)
    // Listening begins before the look, so that nothing in between is missed, an end neither.
    const waits = [until(deps.touched.rung(either))]
    const watch = watchPath(await joinFilePath(deps.root).catch(() => deps.root), () => deps.touched.ring())
    if (!watch.isWatching) waits.push(until(deps.clock.sleep(LOOK_EVERY_MS, either)))
    if (!isSameFile(file, await readJoinFile(deps.root))) turn.abort()
    await Promise.race(waits)
    const isOver = turn.signal.aborted
    turn.abort()
    await Promise.all(waits)
    watch.close()
    if (isOver) return
  }
}

function isSameFile(left: JoinFile, right: JoinFile): boolean {
  const markOf = (file: JoinFile) => (file.kind === 'absent' ? '' : file.digest)
  return markOf(left) === markOf(right)
}
