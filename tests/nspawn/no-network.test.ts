import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageMissing, testImage } from '../image/test-image.ts'
import { nspawnMaker } from '../machines/nspawn-machine.ts'
import { createSite, type Site } from '../machines/site.ts'
import { startProgram } from '../program.ts'
import { labMissing } from '../rig/namespaces.ts'

const missing = imageMissing() ?? nspawnMaker.missing() ?? labMissing()
/** The first run on a machine makes a Debian tree and the agent's executable. */
const IMAGE_LIMIT_MS = 900_000
const CASE_LIMIT_MS = 600_000

/** Configures the network of a place. */
async function ip(namespace: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await startProgram('ip', ['-netns', namespace, ...args]).ended
  if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}

describe.skipIf(missing !== undefined)('a machine that is switched on before its network', () => {
  let site: Site
  let namespace = ''
  let gateway = ''

  beforeAll(async () => {
    await testImage('baked')
    site = await createSite({
      ...nspawnMaker,
      make(place, parts) {
        namespace = place.namespace
        gateway = place.gateway
        return nspawnMaker.make(place, parts)
      },
    })
  }, IMAGE_LIMIT_MS)

  afterAll(() => site?.remove())

  test('says while cloud-init waits what is missing, and shows its PIN when the network comes', {
    timeout: CASE_LIMIT_MS,
  }, async () => {
    const files = { '/etc/muster/agent.conf': `coordinator = ${site.coordinator.url}\n` }
    // With data for it, cloud-init is not switched off: it waits for the network, and nearly all else waits for it.
    const machine = await site.machine({ name: 'late', variant: 'baked', seed: { instanceId: 'i-late' }, files })
    await ip(namespace, 'address', 'flush', 'dev', 'eth0')
    await machine.start()
    const console = machine.console()
    await console.expect(
      /is starting, and has no network address yet\.[\s\S]*eth0 +[0-9a-f:]{17} +waits for an address/,
    )
    expect(console.text()).not.toMatch(/login: |PIN {2}/)
    await ip(namespace, 'address', 'add', `${machine.address}/24`, 'dev', 'eth0')
    await ip(namespace, 'route', 'add', 'default', 'via', gateway)
    // A quick machine has its agent before the early words could tell of the address.
    await console.pin()
  })
})
