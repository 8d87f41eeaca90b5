import { JOIN_SCHEMA } from '../cluster/join-schema.ts'
import {
  decodeJoinSection,
  JOIN_FILE,
  JOIN_SECTION,
  type JoinSettings,
  renderJoinText,
} from '../cluster/join-section.ts'
import { defineContextPlugin } from './plugin.ts'

/** `[muster]`: leaves what the agent joins its cluster with. Without the section it does nothing. */
export const musterPlugin = defineContextPlugin<JoinSettings>({
  name: 'muster',
  section: JOIN_SECTION,
  title: 'Membership in a cluster',
  schema: JOIN_SCHEMA,
  decode: (section) => (section === undefined ? { settings: undefined, diagnostics: [] } : decodeJoinSection(section)),
  plan: ({ settings }) => [
    {
      kind: 'file',
      path: JOIN_FILE,
      content: renderJoinText(settings),
      mode: 0o600,
      owner: {},
      origin: { plugin: 'muster' },
    },
  ],
})
