import type { Clock } from '@muster/runtime/clock.ts'
import type { ConsoleMode } from '../config/agent-settings.ts'
import { createPathDevice, createStreamDevice, isVirtualTerminal, type OutputStream } from './device.ts'
import { createIssueSurface } from './issue.ts'
import type { RenderOptions } from './render.ts'
import { type ConsoleSurface, createScreenSurface, createSerialSurface } from './surface.ts'

/** Where the settings want the console. */
export interface SurfaceSettings {
  /** A path, `stdout` or `none`. */
  readonly console: string
  readonly consoleMode: ConsoleMode
  readonly issue: string | undefined
}

/** What surfaces stand on. */
export interface SurfaceDeps {
  readonly clock: Clock
  readonly stdout: OutputStream & { readonly isTTY?: boolean }
  /** Whether the locale of this process can show more than ASCII. */
  readonly isUnicode: boolean
  readonly renderOptions: () => RenderOptions
  /** Makes login prompts read the issue file again. */
  readonly reloadIssue: () => Promise<void>
}

/** The surfaces of these settings; `drawsOnStdout` when one of them takes over the terminal of this process. */
export interface ChosenSurfaces {
  readonly surfaces: readonly ConsoleSurface[]
  readonly drawsOnStdout: boolean
}

/** Chooses a screen where the console can be redrawn and a serial line elsewhere, unless the mode says which. */
export function chooseSurfaces(deps: SurfaceDeps, settings: SurfaceSettings): ChosenSurfaces {
  const { console: target, consoleMode: mode, issue } = settings
  const issues = issue === undefined ? [] : [createIssueSurface({ reload: deps.reloadIssue }, issue)]
  if (target === 'none') return { surfaces: issues, drawsOnStdout: false }
  const isStdout = target === 'stdout'
  const canRedraw = isStdout ? deps.stdout.isTTY === true : isVirtualTerminal(target)
  const isScreen = mode === 'screen' || (mode === 'auto' && canRedraw)
  const device = isStdout ? createStreamDevice(deps.stdout, deps.isUnicode) : createPathDevice(deps, target)
  const surface = isScreen ? createScreenSurface(device, deps.renderOptions) : createSerialSurface(device)
  return { surfaces: [surface, ...issues], drawsOnStdout: isScreen && isStdout }
}
