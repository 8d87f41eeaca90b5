import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { renderEnvironment } from '@muster/mesh/directory/render.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Service } from '@muster/runtime/service.ts'
import { systemCode } from '../identity/agent-error.ts'
import { createBell } from '../pairing/bell.ts'
import { prepareRuntimeDirectory, writeRuntimeFile } from './runtime-directory.ts'
import {
  decodeServicesDocument,
  encodeServicesDocument,
  nextServicesDocument,
  type ServicesDocument,
} from './services-document.ts'

/** All services with all answers, for programs that choose themselves. */
export const SERVICES_JSON = 'services.json'
/** The best address of each service as environment variables. */
export const SERVICES_ENV = 'services.env'
const ENV_HEAD = '# Written by muster-agent: the best instance of each service. All of them are in services.json.\n'
/** Changes of this time become one: a joining member learns of many services at once. */
const SHORTEST_GAP_MS = 250
/** After a failed write, a full disk for example. */
const RETRY_MS = 10_000
/** A larger file is not ours. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

/** What the files are made from, and where. */
export interface ServiceFilesParts {
  readonly mesh: Mesh
  readonly runtimeDirectory: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Keeps `services.json` and `services.env` as the directory is. Each is replaced whole, and only when its own content
 * changes, so that a program may be restarted whenever its file changes. When the agent ends they stay, and the JSON
 * says that it is stale.
 */
export function createServiceFiles(parts: ServiceFilesParts): Service {
  const { mesh, clock } = parts
  return {
    name: 'directory-files',
    async run({ signal, ready }) {
      const bell = createBell()
      let hasChanged = true
      const stop = mesh.onChange(() => {
        hasChanged = true
        bell.ring()
      })
      const writer = createWriter(parts)
      try {
        ready()
        while (!signal.aborted) {
          if (!hasChanged) await bell.rung(signal)
          hasChanged = false
          const isWritten = writer.write(mesh.phase().phase === 'member')
          if (!isWritten) hasChanged = true
          await clock.sleep(isWritten ? SHORTEST_GAP_MS : RETRY_MS, signal)
        }
      } finally {
        stop()
        writer.write(false)
      }
    },
  }
}

function createWriter({ mesh, runtimeDirectory, clock, log }: ServiceFilesParts) {
  const jsonPath = join(runtimeDirectory, SERVICES_JSON)
  const envPath = join(runtimeDirectory, SERVICES_ENV)
  let document: ServicesDocument | undefined
  let environment: string | undefined
  let isLooked = false
  let hasKnownAny = false
  let isTroubled = false

  function look(): void {
    prepareRuntimeDirectory(runtimeDirectory)
    document = decodeServicesDocument(readSmall(jsonPath) ?? '')
    environment = readSmall(envPath)
    isLooked = true
  }

  function writeChanges(follows: boolean): void {
    if (!isLooked) look()
    const services = mesh.services().map((service) => ({ service, answers: mesh.resolve(service) }))
    hasKnownAny ||= services.length > 0
    const seen = { cluster: mesh.cluster, services, isFollowing: follows, hasKnownAny }
    const isKept = !(follows && hasKnownAny) && document?.cluster === mesh.cluster
    const next = nextServicesDocument(document, seen, clock.now())
    const text = `${ENV_HEAD}${renderEnvironment(services)}`
    // What was known stays, as in the document.
    if (text !== environment && !(isKept && environment !== undefined)) {
      writeRuntimeFile(envPath, text)
      environment = text
    }
    if (next !== document) {
      writeRuntimeFile(jsonPath, encodeServicesDocument(next))
      document = next
    }
  }

  return {
    /** @returns whether the files are as they should be */
    write(follows: boolean): boolean {
      try {
        writeChanges(follows)
        if (isTroubled) log.info({}, 'the files of services are written again')
        isTroubled = false
        return true
      } catch (error) {
        if (!isTroubled) log.warn({ error, code: systemCode(error) }, `${runtimeDirectory} cannot be written`)
        isTroubled = true
        return false
      }
    },
  }
}

function readSmall(path: string): string | undefined {
  try {
    return statSync(path).size > MAX_FILE_BYTES ? undefined : readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
