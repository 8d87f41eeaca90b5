import type { InstanceFacts } from '../plan/facts.ts'
import { problem } from '../userdata/problem.ts'
import { type Span, START } from '../userdata/text.ts'
import { isHostName } from './names.ts'
import { optionFinder } from './option-values.ts'
import { defineContextPlugin } from './plugin.ts'
import type { PluginSchema } from './schema.ts'

const schema: PluginSchema = {
  description: 'Gives the machine its name, now and after a reboot.',
  keys: [
    {
      key: 'hostname',
      type: 'text',
      description: 'Host name, simple or fully qualified. Without it the name that the cloud gives is used.',
      example: 'node1.example.org',
    },
  ],
}

interface HostnameSettings {
  readonly name: string | undefined
  readonly span: Span
}

/** `[hostname]`: the old plugin of this name set the name only until the next reboot. */
export const hostnamePlugin = defineContextPlugin<HostnameSettings>({
  name: 'hostname',
  section: 'hostname',
  title: 'Host name',
  schema,
  decode(section) {
    const option = optionFinder(section, schema)('hostname')
    const name = option?.value === '' ? undefined : option?.value
    const span = option?.valueSpan ?? section?.span ?? START
    if (name !== undefined && !isHostName(name)) {
      const hint = 'Use letters, digits and dashes, up to 63 for each part between dots.'
      return { settings: undefined, diagnostics: [problem('invalid-value', span, 'This is no host name', hint)] }
    }
    return { settings: { name, span }, diagnostics: [] }
  },
  check({ settings, facts }) {
    if (wantedName(settings, facts) !== undefined) return []
    const hint = 'Write hostname=NAME in the section [hostname].'
    return [problem('no-hostname', settings.span, 'Neither the context nor the cloud gives a usable host name', hint)]
  },
  plan({ settings, facts }) {
    const name = wantedName(settings, facts)
    return name === undefined ? [] : [{ kind: 'hostname', name, origin: { plugin: 'hostname', span: settings.span } }]
  },
})

function wantedName(settings: HostnameSettings, facts: InstanceFacts): string | undefined {
  const given = settings.name ?? facts.metadata.localHostname
  return given !== undefined && isHostName(given) ? given : undefined
}
