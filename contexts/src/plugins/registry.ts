import { cernvmPlugin } from './cernvm/cernvm.ts'
import { disableSshPasswordPlugin } from './disablesshpasswdauth.ts'
import { hostnamePlugin } from './hostname.ts'
import { musterPlugin } from './muster.ts'
import type { AnyContextPlugin } from './plugin.ts'
import { rootSshKeysPlugin } from './rootsshkeys.ts'
import { squidPlugin } from './squid.ts'

/** Every plugin of this version, by name. */
export const PLUGINS: ReadonlyMap<string, AnyContextPlugin> = new Map(
  [hostnamePlugin, rootSshKeysPlugin, disableSshPasswordPlugin, cernvmPlugin, squidPlugin, musterPlugin].map(
    (plugin) => [plugin.name, plugin],
  ),
)

/**
 * The order in which plugins are planned and applied, whatever the context says (CONTEXT-SPEC 2.1). Names without a
 * plugin in this version are those of the old agent; selecting one is a warning. Joining a cluster comes last.
 */
export const PLUGIN_ORDER: readonly string[] = [
  'hostname',
  'rootsshkeys',
  'disablesshpasswdauth',
  'storage',
  'nss',
  'amildap',
  'yp',
  'cernvm',
  'openvpn',
  'tcpbuffers',
  'squid',
  'condor',
  'workqueue',
  'puppet',
  'ganglia',
  'vaf-setup',
  'elastiq-setup',
  'dnsupdate',
  'noip',
  'appliance-agent',
  'sfcb-client-setup',
  'hepix',
  'muster',
]

/** Names that old texts select, and that had no plugin even in the last version of the old agent. */
export const REMOVED_PLUGINS: readonly string[] = ['rapadminpassword', 'cernvm_appliance']
