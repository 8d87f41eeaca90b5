import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { sessionQuery } from './api/queries.ts'
import { decodeClusterSearch } from './clusters/cluster-search.ts'
import { decodeContextSearch, decodeVersion } from './contexts/context-search.ts'
import { AppFrame } from './shell/app-frame.tsx'
import { CrashPage } from './shell/crash-page.tsx'
import { Loading } from './shell/loading.tsx'
import { NotFoundPage } from './shell/not-found-page.tsx'

interface RouterContext {
  readonly client: QueryClient
}

type Search = Readonly<Record<string, unknown>>

const root = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: CrashPage,
})

/** Where to go after signing in. */
function decodeNext(search: Search): { readonly next?: string } {
  return typeof search['next'] === 'string' ? { next: search['next'] } : {}
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: decodeNext,
  component: lazyRouteComponent(() => import('./pages/sign-in-page.tsx'), 'SignInPage'),
})

const signUp = createRoute({
  getParentRoute: () => root,
  path: '/signup',
  validateSearch: decodeNext,
  component: lazyRouteComponent(() => import('./pages/sign-up-page.tsx'), 'SignUpPage'),
})

/** Everything below needs a session; without one the sign-in page comes first and leads back. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: AppFrame,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery)
    if (session !== null) return
    throw redirect({ to: '/signin', search: location.pathname === '/' ? {} : { next: location.href } })
  },
})

const dashboard = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/dashboard-page.tsx'), 'DashboardPage'),
})

const contexts = createRoute({
  getParentRoute: () => signedIn,
  path: '/contexts',
  component: lazyRouteComponent(() => import('./pages/contexts-page.tsx'), 'ContextsPage'),
})

const newContext = createRoute({
  getParentRoute: () => signedIn,
  path: '/contexts/new',
  component: lazyRouteComponent(() => import('./pages/new-context-page.tsx'), 'NewContextPage'),
})

const context = createRoute({
  getParentRoute: () => signedIn,
  path: '/contexts/$id',
  validateSearch: decodeContextSearch,
  component: lazyRouteComponent(() => import('./pages/context-page.tsx'), 'ContextPage'),
})

const editContext = createRoute({
  getParentRoute: () => signedIn,
  path: '/contexts/$id/edit',
  validateSearch: (search: Search): { readonly from?: number } => {
    const from = decodeVersion(search['from'])
    return from === undefined ? {} : { from }
  },
  component: lazyRouteComponent(() => import('./pages/edit-context-page.tsx'), 'EditContextPage'),
})

const pair = createRoute({
  getParentRoute: () => signedIn,
  path: '/pair',
  validateSearch: (search: Search): { readonly context?: string } =>
    typeof search['context'] === 'string' ? { context: search['context'] } : {},
  component: lazyRouteComponent(() => import('./pages/pair-page.tsx'), 'PairPage'),
})

const machines = createRoute({
  getParentRoute: () => signedIn,
  path: '/machines',
  component: lazyRouteComponent(() => import('./pages/machines-page.tsx'), 'MachinesPage'),
})

const machine = createRoute({
  getParentRoute: () => signedIn,
  path: '/machines/$id',
  component: lazyRouteComponent(() => import('./pages/machine-page.tsx'), 'MachinePage'),
})

const clusters = createRoute({
  getParentRoute: () => signedIn,
  path: '/clusters',
  component: lazyRouteComponent(() => import('./pages/clusters-page.tsx'), 'ClustersPage'),
})

const newCluster = createRoute({
  getParentRoute: () => signedIn,
  path: '/clusters/new',
  component: lazyRouteComponent(() => import('./pages/new-cluster-page.tsx'), 'NewClusterPage'),
})

const cluster = createRoute({
  getParentRoute: () => signedIn,
  path: '/clusters/$id',
  validateSearch: decodeClusterSearch,
  component: lazyRouteComponent(() => import('./pages/cluster-page.tsx'), 'ClusterPage'),
})

const device = createRoute({
  getParentRoute: () => signedIn,
  path: '/device',
  validateSearch: (search: Search): { readonly code?: string } =>
    typeof search['code'] === 'string' ? { code: search['code'] } : {},
  component: lazyRouteComponent(() => import('./pages/device-page.tsx'), 'DevicePage'),
})

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings-page.tsx'), 'SettingsPage'),
})

const routeTree = root.addChildren([
  signIn,
  signUp,
  signedIn.addChildren([
    dashboard,
    contexts,
    newContext,
    context,
    editContext,
    pair,
    machines,
    machine,
    clusters,
    newCluster,
    cluster,
    device,
    settings,
  ]),
])

/** The pages by their addresses; each page is a file of its own that is fetched when it is first visited. */
export function createPages(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultPendingComponent: Loading,
    defaultErrorComponent: CrashPage,
    defaultNotFoundComponent: NotFoundPage,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPages>
  }
}
