import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tests/run/longest-first.ts'

const exclude = ['**/node_modules/**', '**/dist/**']

/** Test files that are about PostgreSQL alone. */
const onPostgres = ['coordinator/test/postgres/*.test.ts', 'tests/postgres/*.test.ts']

/** Test files that reach all of the coordinator's queries, and are run once more on a PostgreSQL server. */
const onEachStore = [
  'coordinator/test/store/store.test.ts',
  'coordinator/test/mesh/cluster-keeping.test.ts',
  'coordinator/test/routes/{clusters,contexts,devices,events,machines,own-account,pairings,sessions}.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    // Each worker runs many files and loads what they share once: a third of all work was loading it anew.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // Tests start the same programs hundreds of times; Node keeps what it has compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.cache/node') },
    coverage: { provider: 'v8', include: ['{contexts,runtime,vm-agent,image-hooks,coordinator,cli}/src/**'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'muster',
          include: [
            '{contexts,runtime,mesh,vm-agent,image-hooks,coordinator,cli,packaging,tests}/**/*.test.ts',
            'coordinator/web/test/**/*.test.{ts,tsx}',
          ],
          exclude: [...exclude, ...onPostgres],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: [...onEachStore, ...onPostgres],
          exclude,
          globalSetup: 'tests/postgres/global-setup.ts',
          setupFiles: 'tests/postgres/skip-without-server.ts',
        },
      },
    ],
  },
})
