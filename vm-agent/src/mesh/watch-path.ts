import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { systemCode } from '../identity/agent-error.ts'

/** What goes on at a path that may not exist yet. */
export interface PathWatch {
  /** False: the system has no watches left, so changes have to be looked for. */
  readonly isWatching: boolean
  close(): void
}

/**
 * Tells once in a while that something happened to a file, or to the nearest directory above it that exists. After each
 * event look at the file, and watch anew: what exists may be another directory now. Begin to watch before looking.
 */
export function watchPath(path: string, onEvent: () => void): PathWatch {
  for (let name = path; name !== dirname(name); name = dirname(name)) {
    const directory = dirname(name)
    const watched = basename(name)
    const watcher = tryWatch(directory, (changed) => {
      if (changed === null || changed === watched) onEvent()
    })
    if (watcher === 'missing') continue
    if (watcher === 'unusable') return { isWatching: false, close: () => undefined }
    return { isWatching: true, close: () => watcher.close() }
  }
  return { isWatching: false, close: () => undefined }
}

function tryWatch(directory: string, onChange: (name: string | null) => void): FSWatcher | 'missing' | 'unusable' {
  try {
    const watcher = watch(directory, (_, name) => onChange(name))
    // The directory vanished, for example: that is an event as well.
    watcher.on('error', () => onChange(null))
    return watcher
  } catch (error) {
    const code = systemCode(error)
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unusable'
  }
}
