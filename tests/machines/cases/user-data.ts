import assert from 'node:assert/strict'
import { contextText, logInAsUser, scriptRuns, startBaked } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** What cloud-init is told beside the context; each of its commands adds a line. */
const CLOUD_CONFIG = `#cloud-config
# The image has no other, and cloud-init would call that an error.
locale: C.UTF-8
write_files:
  - path: /etc/written-by-cloud-init
    content: done
runcmd:
  - echo run >> /var/log/commands-of-cloud-init
`

/** User-data for both: for cloud-init, and for the agent. */
function multipart(cloudConfig: string, context: string): string {
  const part = (type: string, text: string) => `--both\nContent-Type: ${type}; charset="utf-8"\n\n${text}\n`
  const parts = part('text/cloud-config', cloudConfig) + part('text/x-amiconfig', context)
  return `Content-Type: multipart/mixed; boundary="both"\nMIME-Version: 1.0\n\n${parts}--both--\n`
}

/** Old and new user-data in one machine. */
export const userData: MachineCase = {
  key: 'c',
  title: 'of user-data with a cloud-config and a context, cloud-init and the agent each do their part, once',
  async run(site, say) {
    const userData = multipart(CLOUD_CONFIG, contextText())
    const machine = await startBaked(site, { name: 'c', seed: { instanceId: 'instance-c', userData } })
    await machine.console().expect(/User-data: .*applied/)
    await machine.console().pin()
    say('the context of the user-data is applied, and the machine can be paired')
    for (const boot of ['first', 'second']) {
      const shell = await logInAsUser(machine)
      await shell.run('cloud-init status')
      assert.equal(await shell.run('cat /etc/written-by-cloud-init'), 'done')
      assert.equal(await shell.run('grep -c run /var/log/commands-of-cloud-init'), '1')
      assert.equal(await scriptRuns(shell), 1)
      await shell.logOut()
      say(`after the ${boot} boot each part was done once`)
      if (boot === 'second') return
      await machine.shutDown()
      await machine.start()
      await machine.console().pin()
    }
  },
}
