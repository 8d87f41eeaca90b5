import type { EditResource } from '../plan/resource.ts'
import { defineContextPlugin } from './plugin.ts'
import type { PluginSchema } from './schema.ts'

const schema: PluginSchema = {
  description:
    'Lets nobody log in over ssh with a password; keys go on working. Has no options. The ssh service is started again when its configuration changed.',
  keys: [],
}

const PLUGIN = 'disablesshpasswdauth'
const SSHD_CONFIG = '/etc/ssh/sshd_config'
/** Read before the main file on cloud images, where the first setting wins. */
const CLOUD_INIT_CONFIG = '/etc/ssh/sshd_config.d/50-cloud-init.conf'

/** Switches password authentication off in the ssh server (CONTEXT-SPEC 2.5), even in a commented line. */
export const disableSshPasswordPlugin = defineContextPlugin<true>({
  name: PLUGIN,
  section: PLUGIN,
  title: 'No ssh passwords',
  schema,
  decode: () => ({ settings: true, diagnostics: [] }),
  plan({ facts }) {
    // The unit is called "ssh" on Debian and what is made of it, "sshd" elsewhere.
    const unit = ['debian', 'ubuntu'].includes(facts.os.id) ? 'ssh' : 'sshd'
    const restartOn = [SSHD_CONFIG, CLOUD_INIT_CONFIG]
    return [...restartOn.map(withoutPasswords), { kind: 'service', unit, restartOn, origin: { plugin: PLUGIN } }]
  },
})

function withoutPasswords(path: string): EditResource {
  const pattern = '\\bPasswordAuthentication\\s+(?:yes|no)\\b'
  return {
    kind: 'edit',
    path,
    edits: [{ edit: 'replace-first', pattern, line: 'PasswordAuthentication no' }],
    whenMissing: 'skip',
    mode: 0o600,
    origin: { plugin: PLUGIN },
  }
}
