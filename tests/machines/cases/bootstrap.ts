import assert from 'node:assert/strict'
import { contextText, logInAsUser, pair, publish, scriptRuns } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** An image of which Muster knows nothing. */
export const bootstrap: MachineCase = {
  key: 'b',
  title: 'a stock image with the generated user-data installs the agent, shows a PIN, and is paired by it',
  async run(site, say) {
    await publish(site, 'case-b', contextText())
    const userData = await site.musterDone(['context', 'user-data'])
    const machine = await site.machine({ name: 'b', variant: 'stock', seed: { instanceId: 'instance-b', userData } })
    await machine.start()
    await machine.console().pin()
    say('the agent has installed itself, and shows a PIN')
    await pair(site, machine, 'case-b')
    const shell = await logInAsUser(machine)
    assert.equal(await scriptRuns(shell), 1)
    assert.equal(await shell.run('ls /var/lib/muster-bootstrap 2>/dev/null | wc -l'), '0')
    await shell.logOut()
    await machine.shutDown()
    await machine.start()
    await machine.console().expect(/This machine belongs to alice/)
    say('after a reboot it is the same machine')
  },
}
