import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageMissing, testImage } from '../image/test-image.ts'
import { CASES } from '../machines/cases/all.ts'
import { nspawnMaker } from '../machines/nspawn-machine.ts'
import { createSite, type Site } from '../machines/site.ts'
import { labMissing } from '../rig/namespaces.ts'

const missing = imageMissing() ?? nspawnMaker.missing() ?? labMissing()
/** The first run on a machine makes a Debian tree and the agent's executable. */
const IMAGE_LIMIT_MS = 900_000
/** Several boots each, on machines that may be busy. */
const CASE_LIMIT_MS = 600_000

describe.skipIf(missing !== undefined)('machines in systemd-nspawn', () => {
  let site: Site

  beforeAll(async () => {
    await testImage('baked')
    site = await createSite(nspawnMaker)
  }, IMAGE_LIMIT_MS)

  afterAll(() => site?.remove())

  for (const { key, title, run } of CASES) {
    test(`(${key}) ${title}`, { timeout: CASE_LIMIT_MS }, async () => {
      const said: string[] = []
      await run(site, (line) => said.push(line))
      expect(said).not.toEqual([])
    })
  }
})
