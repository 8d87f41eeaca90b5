import { AS_WANTED, type Finding, type HandlerWarning } from './handlers/handler.ts'
import type { Machine } from './machine.ts'

/** Starting a service may take as long as its own start limit, 90 s by default. */
const START_TIMEOUT_MS = 120_000

interface LiveState {
  readonly load: string
  readonly active: string
  readonly enabled: string
}

/** What a service of the running system needs; systemd does it, and takes it back as well as it can. */
export async function inspectLiveService(
  machine: Machine,
  unit: string,
  restartOn: readonly string[],
): Promise<Finding> {
  const state = await readState(machine, unit)
  if (state.load === 'masked') return warn('unit-masked', `${unit} is masked on this machine; it stays off`)
  if (state.load !== 'loaded') return warn('unit-missing', `this machine has no service ${unit}`)
  const isOn = state.active === 'active' || state.active === 'reloading' || state.active === 'activating'
  const isEnabled = state.enabled !== 'disabled'
  const mustRestart = isOn && restartOn.some((path) => machine.changedPaths.has(path))
  if (isOn && isEnabled && !mustRestart) return AS_WANTED
  const notes = [
    ...(isEnabled ? [] : ['is not enabled']),
    ...(isOn ? [] : [`is ${state.active}`]),
    ...(mustRestart ? ['its configuration changes'] : []),
  ]
  return {
    action: isOn || isEnabled ? 'update' : 'create',
    undo: 'best-effort',
    notes,
    async perform(target) {
      const warnings: HandlerWarning[] = []
      if (!isEnabled) {
        await call(target, unit, 'enable', [['systemctl', '--no-reload', 'disable', unit]], warnings)
      }
      if (mustRestart) await call(target, unit, 'restart', [['systemctl', 'try-restart', unit]], warnings)
      else if (!isOn) await call(target, unit, 'start', [['systemctl', 'stop', unit]], warnings)
      return { warnings }
    },
  }
}

async function call(
  machine: Machine,
  unit: string,
  verb: 'enable' | 'start' | 'restart',
  undo: readonly (readonly string[])[],
  warnings: HandlerWarning[],
): Promise<void> {
  const argv = ['systemctl', ...(verb === 'enable' ? ['--no-reload'] : []), verb, unit] as const
  const result = await machine.effect({ what: `service ${unit}: ${verb}`, undo }, () =>
    machine.runTool({ argv: [...argv], timeoutMs: START_TIMEOUT_MS, isWaiting: true }),
  )
  if (result === undefined || result.exitCode === 0) return
  warnings.push({ code: 'service-failed', message: `${argv.join(' ')} failed; see journalctl -u ${unit}` })
}

async function readState(machine: Machine, unit: string): Promise<LiveState> {
  const properties = ['LoadState', 'ActiveState', 'UnitFileState']
  const result = await machine.runTool({ argv: ['systemctl', 'show', '-p', properties.join(','), unit] })
  const text = new TextDecoder().decode(result.output)
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  return { load: value('LoadState'), active: value('ActiveState'), enabled: value('UnitFileState') }
}

function warn(code: string, message: string): Finding {
  return { ...AS_WANTED, warnings: [{ code, message }], notes: [message] }
}
