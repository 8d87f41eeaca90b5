import assert from 'node:assert/strict'
import { lastPin } from '../console-text.ts'
import { contextText, listed, logInAsUser, pair, publish, scriptRuns, startBaked } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** Identity is of the instance: it outlives a reboot, and no copy of the disk has it. */
export const rebootAndClone: MachineCase = {
  key: 'd',
  title: 'a reboot does nothing twice and keeps the identity; a copy of the disk as another instance gets a new one',
  async run(site, say) {
    await publish(site, 'case-d', contextText())
    const machine = await startBaked(site, { name: 'd', seed: { instanceId: 'instance-one' } })
    await pair(site, machine, 'case-d')
    const before = await listed(site)
    await machine.shutDown()
    say('paired and switched off')

    await machine.start()
    await machine.console().expect(/This machine belongs to alice[\s\S]*login: /)
    assert.equal(lastPin(machine.console().text()), undefined, 'a paired machine shows no PIN')
    const shell = await logInAsUser(machine)
    assert.equal(await scriptRuns(shell), 1)
    await shell.logOut()
    assert.deepEqual(
      (await listed(site)).map(({ id }) => id),
      before.map(({ id }) => id),
    )
    say('after the reboot it is the same machine')

    await machine.shutDown()
    const copy = await machine.clone({ name: 'd-copy', seed: { instanceId: 'instance-two' } })
    await copy.start()
    await copy.console().pin()
    assert.doesNotMatch(copy.console().text(), /This machine belongs to alice/)
    say('the copy asks for an owner of its own')
    await machine.start()
    await machine.console().expect(/This machine belongs to alice/)
  },
}
