import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { CodedError } from '@muster/contexts/fault.ts'
import { timeoutSignal } from '@muster/runtime/clock.ts'
import { type AgentPlace, askAgent } from '../directory/ask-agent.ts'
import { ControlError } from '../directory/control-error.ts'
import type { ServicesMessage } from '../directory/control-messages.ts'
import { ZONE } from '../directory/dns-zone.ts'
import { endpointText } from '../directory/endpoint.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import { systemCode } from '../identity/agent-error.ts'
import type { DoctorCheck, DoctorResult, DoctorSubject } from './doctor-check.ts'

const TIMEOUT_MS = 5_000

/** Whether programs of this machine find a service of its cluster by name. */
export const namesCheck: DoctorCheck = {
  name: 'names',
  async run(subject) {
    const { root, stateDirectory, dnsListen, clock, signal } = subject
    if (dnsListen === undefined) return { status: 'ok', message: `the agent answers no DNS for ${ZONE}` }
    const deadline = timeoutSignal(clock, TIMEOUT_MS, signal)
    try {
      const place = { runtimeDirectory: await runtimeDirectory(root), stateDirectory }
      const known = await knownService(place, deadline.signal)
      if (known === undefined) return { status: 'ok', message: 'no service of a cluster is known here' }
      return await resolveName(known, { ...subject, dnsListen }, deadline.signal)
    } catch (error) {
      signal.throwIfAborted()
      const isNobody = error instanceof ControlError && (error.code === 'no-agent' || error.code === 'no-cluster')
      if (isNobody) return { status: 'ok', message: 'this machine is in no cluster now' }
      const why = error instanceof CodedError ? error.message : 'the agent does not answer in time'
      return { status: 'warn', message: why, hint: 'Run it as the user of the agent; look at the log of the agent.' }
    } finally {
      deadline.cancel()
    }
  },
}

type Known = ServicesMessage['services'][number]

async function knownService(place: AgentPlace, signal: AbortSignal): Promise<Known | undefined> {
  for await (const { services } of askAgent(place, { v: 1, ask: 'services', follow: 'no' }, signal)) {
    return services.find(({ answers: [best] }) => best !== undefined && isIP(best.address) !== 0)
  }
  return undefined
}

async function resolveName(
  { service, answers }: Known,
  { dnsListen }: DoctorSubject & { readonly dnsListen: NonNullable<DoctorSubject['dnsListen']> },
  signal: AbortSignal,
): Promise<DoctorResult> {
  const name = `${service}.${ZONE}`
  const hint = `Send names below ${ZONE} to ${endpointText(dnsListen)}: docs/guides/services.md shows how, for each resolver.`
  const aborted = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true })
  try {
    const found = await Promise.race([lookup(name, { all: true }), aborted.promise])
    const right = found.find(({ address }) => answers.some((answer) => answer.address === address))
    if (right !== undefined) return { status: 'ok', message: `${name} is ${right.address}` }
    return { status: 'warn', message: `${name} is not where its cluster has it: ${found[0]?.address}`, hint }
  } catch (error) {
    return { status: 'warn', message: `${name} cannot be resolved (${systemCode(error) ?? 'no answer'})`, hint }
  }
}
