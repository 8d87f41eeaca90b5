import manifest from '../../package.json' with { type: 'json' }

/** Version of this agent, as in its package manifest. */
export const AGENT_VERSION: string = manifest.version
