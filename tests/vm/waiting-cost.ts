import assert from 'node:assert/strict'
import { agentMemory } from '../machines/agent-memory.ts'
import type { MachineCase } from '../machines/cases/case.ts'
import { logIn } from '../machines/log-in.ts'
import { ROOT, ROOT_CLOUD_CONFIG } from '../machines/root-login.ts'
import { startBaked } from '../machines/scenes.ts'
import type { Site } from '../machines/site.ts'

/** What the agent takes of a machine of its own while it waits with its PIN, and how long the machine took to come there. */
export const waitingCost: MachineCase = {
  key: 'waiting',
  title: 'tells what memory the agent takes while it waits with its PIN, and when the PIN came; for the documents',
  run: measure,
}

const QUESTIONS = [
  'uname -r',
  // The first number of a line is seconds since the start of the kernel; `showing` is the PIN.
  `journalctl -b -u muster-agent -o short-monotonic --no-pager | grep -E 'Starting|"showing"' | cut -c 1-200`,
]

async function measure(site: Site, say: (line: string) => void): Promise<void> {
  const seed = { instanceId: 'instance-waiting', userData: ROOT_CLOUD_CONFIG }
  const machine = await startBaked(site, { name: 'waiting', seed })
  const pin = await machine.console().pin()
  const shell = await logIn(machine.console(), ROOT.name, ROOT.password)
  await shell.run('cloud-init status --wait || true')
  for (const line of await agentMemory(shell)) say(line)
  for (const question of QUESTIONS) for (const line of (await shell.run(question)).split('\n')) say(line)
  await shell.logOut()
  assert.equal(await machine.console().pin(), pin, 'it waits with the same PIN all the time')
}
