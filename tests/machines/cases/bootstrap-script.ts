import assert from 'node:assert/strict'
import { pair, publish } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** For clouds that take nothing but a script; the program in it is that of the cloud-config. */
export const bootstrapScript: MachineCase = {
  key: 'i',
  title: 'a stock image with the generated script as user-data installs the agent, shows a PIN, and is paired by it',
  async run(site, say) {
    await publish(site, 'case-i', '[amiconfig]\nplugins=cernvm\n\n[cernvm]\norganisations=ALICE\n')
    const userData = await site.musterDone(['context', 'user-data', '--format', 'script'])
    assert.match(userData, /^#!\/bin\/sh/)
    const machine = await site.machine({ name: 'i', variant: 'stock', seed: { instanceId: 'instance-i', userData } })
    await machine.start()
    await machine.console().pin()
    say('the agent has installed itself, and shows a PIN')
    await pair(site, machine, 'case-i')
    await machine.shutDown()
    await machine.start()
    await machine.console().expect(/This machine belongs to alice/)
    say('after a reboot it is the same machine')
  },
}
