import type { AnyContextPlugin } from '@muster/contexts/plugins/plugin.ts'
import { PLUGINS } from '@muster/contexts/plugins/registry.ts'

/** Plugins that the editor completes, explains and shows as forms: the agent's own, in their order. */
export const EDITOR_PLUGINS: readonly AnyContextPlugin[] = [...PLUGINS.values()]
