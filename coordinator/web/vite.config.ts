import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `vite` (development only) finds the coordinator. */
const COORDINATOR = 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  // The coordinator's content policy allows no data: scripts or styles, so nothing is inlined.
  build: { assetsInlineLimit: 0, sourcemap: false, target: 'es2023', chunkSizeWarningLimit: 700 },
  worker: { format: 'es' },
  server: { proxy: { '/api': COORDINATOR, '/.well-known': COORDINATOR } },
})
