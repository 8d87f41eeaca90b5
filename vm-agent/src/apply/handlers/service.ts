import type { Mutation } from '../entry.ts'
import { nameOf } from '../entry.ts'
import { initScriptLinks } from '../init-script.ts'
import { inspectLiveService } from '../live-service.ts'
import { givenOwner, type Machine, missingParents, resolveOn } from '../machine.ts'
import { findUnit, installLinks, type UnitLink, unitName } from '../unit-files.ts'
import { AS_WANTED, type Finding, type ResourceHandler } from './handler.ts'

/**
 * A service: enabled, and started where systemd runs. In a tree, where nothing runs, the links that enable it are made
 * from its unit file, or from its init script.
 */
export const serviceHandler: ResourceHandler<'service'> = {
  kind: 'service',
  async inspect(want, machine) {
    const name = unitName(want.unit)
    const hasSystemd = machine.setting.isLive && (await machine.tree.entry('/run/systemd/system'))?.type === 'directory'
    if (hasSystemd) return inspectLiveService(machine, name, want.restartOn)
    const lookup = await findUnit(machine.tree, name)
    if (lookup.found === 'masked') return warning('unit-masked', `${name} is masked on this machine; it stays off`)
    const links =
      lookup.found === 'unit'
        ? await installLinks(machine.tree, lookup.file)
        : await initScriptLinks(machine.tree, want.unit)
    if (links === undefined) return warning('unit-missing', `this machine has no service ${want.unit}`)
    const notes = machine.setting.isLive ? ['not started now: systemd does not run here'] : []
    return { ...(await enable(machine, links)), notes }
  },
}

async function enable(machine: Machine, links: readonly UnitLink[]): Promise<Finding> {
  const missing: UnitLink[] = []
  for (const link of links) if (!(await isEnabled(machine, link))) missing.push(link)
  if (missing.length === 0) return AS_WANTED
  return {
    action: missing.length === links.length ? 'create' : 'update',
    undo: 'exact',
    async perform(target) {
      for (const { path, target: to } of missing) {
        const place = await resolveOn(target, path, { followLast: false })
        const owner = givenOwner(target, { uid: 0, gid: 0 })
        const link: Mutation = { do: 'link', path: place, target: to, owner }
        await target.change([...(await missingParents(target, place)), link])
      }
      return undefined
    },
  }
}

/** A link counts whatever its exact target, as it does for systemd; for run levels whatever its order. */
async function isEnabled(machine: Machine, link: UnitLink): Promise<boolean> {
  const place = await resolveOn(machine, link.path, { followLast: false })
  const entry = await machine.tree.entry(place)
  if (entry !== undefined) return entry.type === 'link' && nameOf(entry.target) === nameOf(link.target)
  const order = /^(\/etc\/rc\d\.d)\/([SK])\d\d(.+)$/.exec(link.path)
  if (order === null) return false
  const [, directory = '', letter = '', name = ''] = order
  const names = await machine.tree.names(await resolveOn(machine, directory))
  return names.some((present) => present.startsWith(letter) && present.slice(3) === name)
}

function warning(code: string, message: string): Finding {
  return { ...AS_WANTED, warnings: [{ code, message }], notes: [message] }
}
