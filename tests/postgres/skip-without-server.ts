import './provided.ts'
import { beforeEach, inject } from 'vitest'

beforeEach((context) => {
  context.skip(inject('postgresSocket') === undefined, 'no PostgreSQL server can be started here')
})
