import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'
import { hasProgram as isOnPath } from './run/programs.ts'

/** Whether this process may do what only root may: own files, change roots, build trees. */
export function hasRoot(): boolean {
  return process.getuid?.() === 0
}

/** Whether a program of this name stands on the search path, or in a system folder that a search path may lack. */
export function hasProgram(name: string): boolean {
  return isOnPath(name, [process.env['PATH'] ?? '', '/usr/sbin', '/sbin', '/usr/bin'].join(delimiter))
}

/** Whether minimal Debian trees can be built here: root for ownership and chroots, and the Debian tools. */
export function canBuildTrees(): boolean {
  return hasRoot() && hasProgram('mmdebstrap') && hasProgram('apt-get') && hasProgram('flock')
}

/** Debian's browser, driven by the browser tests. */
export const CHROMIUM = '/usr/bin/chromium'

/** Whether the browser is there. */
export function hasChromium(): boolean {
  try {
    accessSync(CHROMIUM, constants.X_OK)
    return true
  } catch {
    return false
  }
}
