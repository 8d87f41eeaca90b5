import './provided.ts'
import type { TestProject } from 'vitest/node'
import { findPostgresPrograms, startPostgres } from './postgres-server.ts'

/** Starts one server for all test files of a project; it ends with them. */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide('store', 'postgres')
  const programs = findPostgresPrograms()
  if (programs === undefined) return undefined
  const server = await startPostgres(programs)
  project.provide('postgresSocket', server.socketFolder)
  return server.stop
}
