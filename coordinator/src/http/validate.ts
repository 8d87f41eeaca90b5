import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'

/**
 * Checks requests against their schemas: defaults are filled in; texts of the query, path and headers become numbers
 * and flags where the schema has such; a body is taken as it is. All problems are reported at once.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (input: unknown) => {
    const value = Value.Default(schema, httpPart === 'body' ? input : readTexts(schema, input))
    if (validator.Check(value)) return { value }
    const error: FastifySchemaValidationError[] = validator.Errors(value)
    return { error }
  }
}

/** The fields of a query, path or header set in the types of their schema; what does not fit stays as it is. */
function readTexts(schema: TSchema, input: unknown): unknown {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: unknown }>> }
  if (properties === undefined || typeof input !== 'object' || input === null) return input
  return Object.fromEntries(Object.entries(input).map(([name, text]) => [name, readText(properties[name]?.type, text)]))
}

function readText(type: unknown, text: unknown): unknown {
  if (typeof text !== 'string') return text
  if ((type === 'integer' || type === 'number') && /^-?\d{1,16}(\.\d{1,16})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
