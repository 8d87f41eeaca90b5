import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      '{contexts,runtime,mesh,vm-agent,image-hooks,coordinator,cli,packaging,tests}/**/*.test.ts',
      'coordinator/web/test/**/*.test.{ts,tsx}',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    coverage: { provider: 'v8', include: ['{contexts,runtime,vm-agent,image-hooks,coordinator,cli}/src/**'] },
  },
})
