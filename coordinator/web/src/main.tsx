import '@mantine/core/styles.css'
import './theme/global.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createPageQueries } from './api/page-queries.ts'
import { takePinFromAddress } from './pairing/linked-pin.ts'
import { createPages } from './router.tsx'
import { cssVariables, theme } from './theme/theme.ts'

takePinFromAddress()
const client = createPageQueries()
const router = createPages(client)
const element = document.getElementById('root')
if (element === null) throw new Error('index.html has no #root')

createRoot(element).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
