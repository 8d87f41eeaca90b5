import type { InstanceFacts } from '../../plan/facts.ts'
import type { Resource } from '../../plan/resource.ts'
import { defineContextPlugin } from '../plugin.ts'
import { planDesktop, planIcons } from './desktop.ts'
import { planEnvironment } from './environment.ts'
import { planEos, planGridProxy } from './grid.ts'
import { planServices, planSwap, planUserCommand } from './machine.ts'
import { planExtraRepositories } from './repositories.ts'
import { cernvmSchema } from './schema.ts'
import { type CernvmSettings, decodeCernvm } from './settings.ts'
import { planSiteFiles } from './site-conf.ts'
import { planUsers } from './users.ts'

/** `[cernvm]` (CONTEXT-SPEC 2.3). */
export const cernvmPlugin = defineContextPlugin<CernvmSettings>({
  name: 'cernvm',
  section: 'cernvm',
  title: 'CernVM',
  schema: cernvmSchema,
  decode: decodeCernvm,
  plan: ({ settings, facts }) => planCernvm(settings, facts),
})

/**
 * In an order that works on a bare machine: files and icons first, so that new homes have them, then groups and users,
 * then what belongs to users; services and the command last, when everything is there.
 */
function planCernvm(settings: CernvmSettings, facts: InstanceFacts): readonly Resource[] {
  const { users, find } = settings
  const [first] = users
  const proxyUser = settings.proxyUser ?? first?.name ?? 'root'
  const eosUser = settings.eosUser ?? first?.name ?? 'root'
  const edition = find('edition')
  return [
    ...planSiteFiles(settings),
    ...planExtraRepositories(settings.extraRepositories),
    ...planEnvironment(settings.environment, find('environment')),
    ...planSwap(settings.swap, facts.cpus),
    ...planIcons(settings.icons),
    ...planUsers(users, settings.shell),
    ...planGridProxy(settings.proxy, proxyUser, ''),
    ...planGridProxy(settings.eosProxy, eosUser, '.eos'),
    ...planEos(settings.eos, eosUser, users.find((user) => user.name === eosUser)?.group),
    ...planDesktop({
      edition: edition?.value === '' ? undefined : edition?.value,
      editionSpan: edition?.valueSpan ?? settings.span,
      isXdmStarted: settings.isXdmStarted ?? true,
      isAutoLogin: settings.isAutoLogin,
      firstUser: first?.name,
    }),
    ...planServices(settings.services),
    ...planUserCommand(settings.command),
  ]
}
