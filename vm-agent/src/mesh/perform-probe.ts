import { request } from 'node:http'
import { connect } from 'node:net'
import type { ProbeSpec } from '@muster/mesh/directory/probes.ts'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import { runProgram } from '../apply/run-program.ts'
import { environmentFor, ROOT_ACCOUNT } from '../apply/system-environment.ts'

/** Whoever asks has a time limit of its own; this one holds also when that fails. */
const LIMIT_MS = 10_000
/** A probe's output is of no interest. */
const OUTPUT_LIMIT = 1024

/**
 * Finds out once whether a service works: a connection, a GET with a status below 400, or a program that ends with 0. Only
 * for probes of the signed definition: a command runs with the agent's rights, as argv without a shell.
 *
 * @returns false, or rejects, when it did not pass
 */
export async function performProbe(
  deps: { readonly clock: Clock },
  spec: ProbeSpec,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = timeoutSignal(deps.clock, LIMIT_MS, signal)
  try {
    deadline.signal.throwIfAborted()
    switch (spec.type) {
      case 'tcp':
        return await canConnect(spec.address, spec.port, deadline.signal)
      case 'http':
        return await answersWell(spec, deadline.signal)
      case 'command':
        return await endsWell(deps, spec.argv, deadline.signal)
    }
  } finally {
    deadline.cancel()
  }
}

function canConnect(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
  })
}

function answersWell(spec: Extract<ProbeSpec, { type: 'http' }>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const { address: host, port, path } = spec
    // The status is all that counts: the body is not read, and the connection not kept.
    const asked = request({ host, port, path, signal, agent: false, headers: { connection: 'close' } }, (answer) => {
      resolve((answer.statusCode ?? 500) < 400)
      answer.destroy()
    })
    asked.once('error', () => resolve(false))
    asked.end()
  })
}

async function endsWell(
  { clock }: { readonly clock: Clock },
  [program, ...args]: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  if (program === undefined) return false
  const { exitCode, isTimedOut } = await runProgram({
    argv: [program, ...args],
    env: environmentFor(ROOT_ACCOUNT),
    clock,
    timeoutMs: LIMIT_MS,
    outputLimit: OUTPUT_LIMIT,
    signal,
  })
  return exitCode === 0 && !isTimedOut
}
