import assert from 'node:assert/strict'
import { contextText, logInAsUser, pair, publish, scriptRuns, startBaked, USER } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** How many wrong PINs make a machine give its PIN up. */
const WRONG_TRIES = 3

/** From an image without any user-data to a machine that its owner logs in to. */
export const pairByPin: MachineCase = {
  key: 'a',
  title: 'a baked image without user-data shows a PIN above its login prompt, and is paired and configured by it',
  async run(site, say) {
    await publish(site, 'case-a', contextText())
    const machine = await startBaked(site, { name: 'a' })
    const console = machine.console()
    const pin = await console.pin()
    say('the console shows a PIN')
    await console.expect(new RegExp(`PIN {2}${pin}[\\s\\S]*login: `))

    const wrong = pin.slice(0, -1) + (pin.endsWith('B') ? 'C' : 'B')
    for (let tries = 0; tries < WRONG_TRIES; tries++) {
      assert.equal((await site.muster(['pair', wrong, '--context', 'case-a', '--yes'])).code, 75)
    }
    const next = await console.pin(pin)
    say('after three wrong tries it shows another PIN')
    await console.expect(new RegExp(`PIN {2}${next}[\\s\\S]*login: `))

    await pair(site, machine, 'case-a')
    say('paired, and the context is applied')
    const shell = await logInAsUser(machine)
    assert.equal(await shell.run('id -un'), USER.name)
    assert.equal(await scriptRuns(shell), 1)
  },
}
