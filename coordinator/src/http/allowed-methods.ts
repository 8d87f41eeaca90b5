import type { App } from '../parts.ts'

/** Methods that a path takes; none when there is no such path. */
export type AllowedMethods = (path: string) => readonly string[]

/** Remembers every route that is registered after this, so that 405 can be told from 404. */
export function rememberRoutes(app: App): AllowedMethods {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return
    const pattern = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:[^/]+/g, '[^/]+')}$`)
    routes.push({ pattern, methods: [method].flat() })
  })
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))]
}
