import { defineConfig } from 'vitest/config'

/** Of a run that is there to be killed: the usual run does not see its file. */
export default defineConfig({ test: { include: ['endless.ts'], testTimeout: 600_000 } })
