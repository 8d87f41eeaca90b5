import manifest from '../package.json' with { type: 'json' }

/** Version of this coordinator. */
export const VERSION: string = manifest.version
