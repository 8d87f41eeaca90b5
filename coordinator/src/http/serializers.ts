import { type Serializer, type SerializerFactory, SerializerSelector } from '@fastify/fast-json-stringify-compiler'

/**
 * Compiles the writers of answers, each schema once for the whole server: most answers of most routes are problems, all of
 * one shape, and compiling them again for each status of each route takes longer than everything else at the start.
 */
export function createSharedSerializers(): SerializerFactory {
  const build = SerializerSelector()
  return (externalSchemas, options) => {
    const compile = build(externalSchemas, options)
    const compiled = new Map<string, Serializer>()
    return (route) => {
      const key = JSON.stringify(route.schema)
      const known = compiled.get(key)
      if (known !== undefined) return known
      const serializer = compile(route)
      compiled.set(key, serializer)
      return serializer
    }
  }
}
