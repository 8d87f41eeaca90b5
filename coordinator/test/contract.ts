import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { App } from '../src/parts.ts'

interface Reply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: unknown }>> }>
  >
}

/**
 * Checks a reply against the description that the same server gives at `/openapi.json`: the status is described, the
 * media type is one of the described, and the body fits its schema.
 *
 * @returns what does not fit, or undefined
 */
export function contractBreach(app: App, method: string, path: string, reply: Reply): string | undefined {
  const described = descriptionOf(app)
  const operation = findOperation(described, method, path)
  if (operation === undefined) return undefined
  const response = operation.responses[String(reply.statusCode)]
  if (response === undefined) return `${method} ${path}: status ${reply.statusCode} is not described`
  if (response.content === undefined) {
    return reply.body === '' ? undefined : `${method} ${path} ${reply.statusCode}: a body where none is described`
  }
  const type = String(reply.headers['content-type']).split(';')[0] ?? ''
  const content = response.content[type]
  if (content === undefined) return `${method} ${path} ${reply.statusCode}: ${type} is not described`
  if (!type.endsWith('json')) return undefined
  const validator = validatorOf(content, described)
  const value: unknown = JSON.parse(reply.body)
  if (validator.Check(value)) return undefined
  return `${method} ${path} ${reply.statusCode}: ${JSON.stringify(validator.Errors(value))}`
}

/** Operations of the description, as method and path template. */
export function describedOperations(app: App): readonly { readonly method: string; readonly path: string }[] {
  const { paths } = descriptionOf(app)
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
  )
}

const descriptions = new WeakMap<App, Described>()
const validators = new WeakMap<object, Validator>()

/** The description as a client gets it. */
function descriptionOf(app: App): Described {
  const known = descriptions.get(app)
  if (known !== undefined) return known
  const described: Described = JSON.parse(JSON.stringify(app.swagger()))
  descriptions.set(app, described)
  return described
}

function validatorOf(content: { readonly schema: unknown }, described: Described): Validator {
  const known = validators.get(content)
  if (known !== undefined) return known
  const validator = Compile(resolve(content.schema, described) as TSchema)
  validators.set(content, validator)
  return validator
}

function findOperation({ paths }: Described, method: string, path: string): Operation | undefined {
  const plain = path.split('?')[0] ?? ''
  const candidates = Object.entries(paths).filter(([template]) =>
    new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(plain),
  )
  const exact = candidates.find(([template]) => template === plain) ?? candidates[0]
  return exact?.[1][method.toLowerCase()]
}

/** The schema with its references into `components` put in place. */
function resolve(schema: unknown, described: Described): unknown {
  if (Array.isArray(schema)) return schema.map((item) => resolve(item, described))
  if (typeof schema !== 'object' || schema === null) return schema
  if ('$ref' in schema && typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? ''
    const found = described.components.schemas[name]
    if (found === undefined) throw new Error(`${schema.$ref} is not in the description`)
    return resolve(found, described)
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolve(value, described)]))
}
