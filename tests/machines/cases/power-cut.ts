import assert from 'node:assert/strict'
import { until } from '../../until.ts'
import { logIn } from '../log-in.ts'
import { contextText, listed, publish, startBaked, USER } from '../scenes.ts'
import { CONSOLE_LIMIT_MS } from '../serial-console.ts'
import type { Site } from '../site.ts'
import type { MachineCase } from './case.ts'

/** The last step of the apply; it goes on until the power is cut. */
const ENDLESS = `getent passwd ${USER.name} > /dev/console
echo 'the script has begun' > /dev/console
sync
sleep infinity`

/** Looks around on the machine; made by cloud-init, as the user of the context must be gone. */
const WITNESS = { name: 'witness', password: 'sawItAll' } as const
const CLOUD_CONFIG = `#cloud-config
users:
  - name: ${WITNESS.name}
    plain_text_passwd: ${WITNESS.password}
    lock_passwd: false
    shell: /bin/bash
`

/** The plug is pulled while a context is applied. */
export const powerCut: MachineCase = {
  key: 'e',
  title: 'after a power cut in the middle of an apply the next boot takes it back and says so',
  async run(site, say) {
    await publish(site, 'case-e', contextText(ENDLESS))
    const machine = await startBaked(site, { name: 'e', seed: { instanceId: 'instance-e', userData: CLOUD_CONFIG } })
    const pin = await machine.console().pin()
    // She hears nothing more from the machine; the command line would tell her so after a minute.
    site.muster(['pair', pin, '--context', 'case-e', '--yes']).catch(() => undefined)
    await machine.console().expect(/physicist:[\s\S]*the script has begun/)
    await machine.cutPower()
    say('the power was cut when the user was made and the script ran')

    await machine.start()
    await machine
      .console()
      .expect(/An apply that had been interrupted was taken back[\s\S]*This machine belongs to alice/)
    say('the next boot says that it has taken the apply back')
    await until('the owner to see it', () => isTakenBack(site), { timeoutMs: CONSOLE_LIMIT_MS })
    say('and the owner sees it in her list')
    const shell = await logIn(machine.console(), WITNESS.name, WITNESS.password)
    await shell.run('cloud-init status --wait || true')
    assert.equal(await shell.run(`getent passwd ${USER.name} || echo none`), 'none')
  },
}

/** In a site whose other machines may have failed for other reasons. */
async function isTakenBack(site: Site): Promise<true | undefined> {
  const states = (await listed(site)).map(({ status }) => status)
  const isThere = states.some(
    ({ state, lastApply }) =>
      state === 'failed' && lastApply?.outcome === 'rolled-back' && lastApply.errorCode === 'interrupted',
  )
  return isThere ? true : undefined
}
