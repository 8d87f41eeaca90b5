import assert from 'node:assert/strict'
import { logIn, type Shell } from './log-in.ts'
import type { Machine, MachineParts } from './machine.ts'
import type { Site } from './site.ts'

/** The user whom the contexts of these tests make. */
export const USER = { name: 'physicist', password: 'Higgs125GeV' } as const
/** Each run of the script of a context adds a line to it. */
export const SCRIPT_LOG = '/var/log/script-of-context'

/**
 * A context that makes the user, and whose script notes that it has run.
 *
 * @param script - goes on in the script
 */
export function contextText(script = ''): string {
  const users = `users=${USER.name}:${USER.name}:${USER.password}`
  return `#!/bin/bash\necho run >> ${SCRIPT_LOG}\n${script}\nexit 0\n\n[amiconfig]\nplugins=cernvm\n\n[cernvm]\n${users}\n`
}

/** A machine with the agent in its image, which knows its coordinator; it is on. */
export async function startBaked(site: Site, parts: Omit<MachineParts, 'variant'>): Promise<Machine> {
  const files = { '/etc/muster/agent.conf': `coordinator = ${site.coordinator.url}\n`, ...parts.files }
  const machine = await site.machine({ ...parts, variant: 'baked', files })
  await machine.start()
  return machine
}

/** Publishes a context, as its author would. */
export async function publish(site: Site, name: string, text: string): Promise<void> {
  await site.musterDone(['context', 'publish', '-', '--name', name], text)
}

/** Reads the PIN from the console and pairs the machine, as a person would at a command line. */
export async function pair(site: Site, machine: Machine, context: string): Promise<void> {
  const pin = await machine.console().pin()
  const said = await site.musterDone(['pair', pin, '--context', context, '--yes'])
  assert.match(said, new RegExp(`^Applied ${context}@1 `))
  await machine.console().expect(/This machine belongs to alice/)
}

/** Logs in on the console as the user that the context has made, and waits until nothing else writes there any more. */
export async function logInAsUser(machine: Machine): Promise<Shell> {
  const shell = await logIn(machine.console(), USER.name, USER.password)
  // Whatever it thinks of itself: an image without locales is an error to it.
  await shell.run('cloud-init status --wait || true')
  return shell
}

/** How often the script of the context has run on a machine. */
export async function scriptRuns(shell: Shell): Promise<number> {
  return Number(await shell.run(`grep -c run ${SCRIPT_LOG}`))
}

/** A machine as its owner sees it in the list. */
export interface ListedMachine {
  readonly id: string
  readonly name: string
  readonly isOnline: boolean
  readonly status: {
    readonly state: string
    readonly lastApply?: { readonly outcome: string; readonly errorCode?: string }
  }
}

/** The machines of the site's owner. */
export async function listed(site: Site): Promise<readonly ListedMachine[]> {
  const said: { readonly machines: readonly ListedMachine[] } = JSON.parse(
    await site.musterDone(['machine', 'list', '--json']),
  )
  return said.machines
}
