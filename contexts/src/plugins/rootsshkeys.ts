import type { Resource } from '../plan/resource.ts'
import { problem } from '../userdata/problem.ts'
import { type Span, START } from '../userdata/text.ts'
import { defineContextPlugin } from './plugin.ts'
import type { PluginSchema } from './schema.ts'
import { readSshPublicKey } from './ssh-public-key.ts'

const schema: PluginSchema = {
  description:
    'Lets the ssh keys that the cloud knows log in as root. On unless disabled; has no options. Anything that is not an OpenSSH public key is refused.',
  keys: [],
}

interface RootKeysSettings {
  readonly span: Span
}

/** The keys of the instance's meta data for root; the old plugin took the first one only, and whatever it was. */
export const rootSshKeysPlugin = defineContextPlugin<RootKeysSettings>({
  name: 'rootsshkeys',
  section: 'rootsshkeys',
  title: 'Root ssh keys',
  schema,
  decode: (section) => ({ settings: { span: section?.span ?? START }, diagnostics: [] }),
  check({ settings, facts }) {
    const count = facts.metadata.publicKeys.filter(
      (key) => key.trim() !== '' && readSshPublicKey(key) === undefined,
    ).length
    if (count === 0) return []
    const message = `${count} of the keys that the cloud gives for root ${count === 1 ? 'is' : 'are'} no OpenSSH public key`
    return [problem('ssh-key-invalid', settings.span, message, 'Correct the key in the cloud.')]
  },
  plan({ facts }) {
    const keys = new Set(facts.metadata.publicKeys.map(readSshPublicKey).filter((key) => key !== undefined))
    return Array.from(
      keys,
      (key): Resource => ({ kind: 'ssh-key', user: 'root', key, origin: { plugin: 'rootsshkeys' } }),
    )
  },
})
