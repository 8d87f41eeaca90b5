import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'

/**
 * Checks requests against their schemas: defaults are filled in; texts of the query, path and headers become numbers
 * where the schema says so; a body is taken as it is. All problems are reported at once.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (input: unknown) => {
    const filled = Value.Default(schema, input)
    const value = httpPart === 'body' ? filled : Value.Convert(schema, filled)
    if (validator.Check(value)) return { value }
    const error: FastifySchemaValidationError[] = validator.Errors(value)
    return { error }
  }
}
