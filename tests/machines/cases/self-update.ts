import assert from 'node:assert/strict'
import { cachedBuild } from '@muster/packaging/cached-build.ts'
import { NEWER_VERSION } from '../../packaging/newer-version.ts'
import { logIn, type Shell } from '../log-in.ts'
import type { Machine } from '../machine.ts'
import { ROOT, ROOT_CLOUD_CONFIG } from '../root-login.ts'
import { startBaked } from '../scenes.ts'
import type { MachineCase } from './case.ts'

/** One of its own: other machines of the site look at the usual one. */
const CHANNEL = 'next'
const BROKEN_VERSION = '99.1.0'
/** A program that says what a new version has to say, and then cannot run. */
const BROKEN = `#!/bin/sh
case $1 in --version) echo ${BROKEN_VERSION} ;; self-test) ;; *) exit 1 ;; esac
`
/** A line of the list of processes for each that belongs to the agent, watchers over a trial included. */
const PROCESSES = "pgrep -f '/muster-agent run'"
/** Each look is a fifth of a second; machines may be busy. */
const LOOKS = 600

/** The executable in the image is replaced by newer ones, good and bad. */
export const selfUpdate: MachineCase = {
  key: 'h',
  title: 'a machine becomes a newer signed version, and stays it when the next one does not work and over a reboot',
  async run(site, say) {
    const newer = cachedBuild({ version: NEWER_VERSION })
    const machine = await startBaked(site, {
      name: 'h',
      seed: { instanceId: 'instance-h', userData: ROOT_CLOUD_CONFIG },
      files: {
        '/etc/muster/agent.conf': `coordinator = ${site.coordinator.url}\nupdate_channel = ${CHANNEL}\n`,
        '/etc/muster/release.keys': `${site.releases.publicKey}\n`,
      },
    })
    const pin = await machine.console().pin()
    const shell = await logInAsRoot(machine)
    await expectAgent(shell, '0.1.0', '/usr/lib/muster/muster-agent')
    await site.releases.publish({ channel: CHANNEL, version: NEWER_VERSION, file: (await newer).file })
    assert.match(await shell.run('muster-agent update'), new RegExp(`^${NEWER_VERSION} runs and is confirmed\\.$`, 'm'))
    await expectAgent(shell, NEWER_VERSION)
    await shell.logOut()
    const later = await machine.console().pin(pin)
    say('the newer version is confirmed, and shows a PIN')

    const again = await logInAsRoot(machine)
    await site.releases.publishScript({ channel: CHANNEL, version: BROKEN_VERSION, script: BROKEN })
    await expectTakenBack(again)
    await again.logOut()
    await machine.console().expect(new RegExp(`\\* Version ${BROKEN_VERSION} was tried and taken back`))
    await machine.console().pin(later)
    say('a version that does not work was taken back, and the console says so')

    await machine.shutDown()
    await machine.start()
    await machine.console().pin()
    const last = await logInAsRoot(machine)
    await expectAgent(last, NEWER_VERSION)
    const shown = [pin, later].map((one) => `-e ${one}`).join(' ')
    assert.equal(await last.run(`journalctl -u muster-agent | grep -c ${shown} || true`), '0')
    await last.run('systemctl stop muster-agent')
    assert.equal(await last.run(`${PROCESSES} || true`), '')
    say('after a reboot the newer version runs, and can be stopped')
  },
}

async function logInAsRoot(machine: Machine): Promise<Shell> {
  const shell = await logIn(machine.console(), ROOT.name, ROOT.password)
  await shell.run('cloud-init status --wait || true')
  return shell
}

/** The agent runs, alone in its service, and has said so; what the image was built with is as it was. */
async function expectAgent(shell: Shell, version: string, program?: string): Promise<void> {
  const main = '$(systemctl show -P MainPID muster-agent)'
  await shell.run(waitFor(`[ "$(${PROCESSES})" = "${main}" ]`))
  await shell.run(waitFor('[ "$(systemctl show -P StatusText muster-agent)" = "not paired, a PIN is on the console" ]'))
  assert.equal(await shell.run('systemctl is-active muster-agent'), 'active')
  assert.equal(await shell.run('muster-agent --version'), version)
  const runs = await shell.run(`readlink /proc/${main}/exe`)
  if (program === undefined) assert.match(runs, new RegExp(`^/var/lib/muster/versions/${version}-[0-9a-f]{12}/`))
  else assert.equal(runs, program)
  assert.equal(await shell.run('/usr/lib/muster/muster-agent --version'), '0.1.0')
  assert.match(await shell.run('muster-agent verify || true'), / 2 differences\.$/)
}

/** The next version is tried, given up, told of, and not tried again. */
async function expectTakenBack(shell: Shell): Promise<void> {
  const tried = await shell.run('muster-agent update || echo "it ended with $?"')
  assert.match(
    tried,
    new RegExp(`^${BROKEN_VERSION} was tried and taken back: it did not stay up\\.\\nit ended with 1$`, 'm'),
  )
  await expectAgent(shell, NEWER_VERSION)
  assert.match(
    await shell.run('muster-agent status'),
    new RegExp(`^update: +${BROKEN_VERSION} .*it did not stay up`, 'm'),
  )
  const restarts = await shell.run('systemctl show -P NRestarts muster-agent')
  assert.match(
    await shell.run('muster-agent update || true'),
    new RegExp(`^${BROKEN_VERSION} is offered and not taken: `, 'm'),
  )
  assert.equal(await shell.run('systemctl show -P NRestarts muster-agent'), restarts)
  assert.equal(await shell.run(`ls /var/lib/muster/versions | grep -c ${BROKEN_VERSION} || true`), '0')
}

function waitFor(condition: string): string {
  return `for look in $(seq ${LOOKS}); do ${condition} && break; sleep 0.2; done; ${condition}`
}
