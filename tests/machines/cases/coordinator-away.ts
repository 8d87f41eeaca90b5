import assert from 'node:assert/strict'
import { lastPin } from '../console-text.ts'
import { startBaked } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** A machine that boots before its coordinator. */
export const coordinatorAway: MachineCase = {
  key: 'f',
  title: 'without a coordinator the console says why there is no PIN, and shows one when the coordinator is back',
  async run(site, say) {
    await site.coordinator.stop()
    try {
      const machine = await startBaked(site, { name: 'f' })
      await machine.console().expect(/no PIN to be had[\s\S]*Nothing accepts connections[\s\S]*login: /)
      say('the console says why there is no PIN')
      assert.equal(lastPin(machine.console().text()), undefined)
      await site.coordinator.start()
      await machine.console().pin()
    } finally {
      await site.coordinator.start()
    }
  },
}
