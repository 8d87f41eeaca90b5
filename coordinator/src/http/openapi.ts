import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import { Problem } from '@muster/contexts/wire/common.ts'
import type { App } from '../parts.ts'
import { VERSION } from '../version.ts'

/** Describes every route that is registered after this, from its schemas, and shows the description at `/docs`. */
export async function describeApi(app: App): Promise<void> {
  app.addSchema(Problem)
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Muster coordinator',
        version: VERSION,
        description: 'Contexts, pairing of machines, and what becomes of them. Errors are RFC 9457 problems.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'accounts', description: 'Sign up, sign in, sign out' },
        { name: 'tokens', description: 'API tokens' },
        { name: 'device-authorizations', description: 'Sign-in of command lines' },
        { name: 'contexts', description: 'Contexts and their immutable versions' },
        { name: 'pairings', description: 'PINs, claims and the mailbox' },
        { name: 'machines', description: 'Paired machines' },
        { name: 'releases', description: 'Agents to install, and user-data that installs them' },
        { name: 'events', description: 'The event log' },
        { name: 'system', description: 'For operators and programs' },
      ],
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: '__Host-muster', description: 'Browser session' },
          token: { type: 'http', scheme: 'bearer', description: 'API token, mst_…' },
          agent: { type: 'http', scheme: 'bearer', description: 'Agent of one pairing, msa_…' },
          machine: { type: 'http', scheme: 'bearer', description: 'Paired machine, msm_…' },
        },
      },
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema['$id'] ?? `schema${index}`),
    },
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', uiConfig: { validatorUrl: null } })
}
