import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasChromium } from '../capabilities.ts'
import { type RunningProgram, startMuster } from '../program.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { findBarriers, namelessControls } from './accessibility.ts'
import { launchChromium, openPage, type WatchedPage } from './chromium.ts'
import { signUpInPage } from './walk.ts'

/** Programs start one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 180_000 })

const DEFINITION = `apiVersion: muster/v1
kind: Cluster
metadata:
  name: lab
services:
  - name: squid
    type: fixed
    placement: perCloud
  - name: worker
    type: scalable
clouds:
  - agent: cern
  - agent: torino
`

describe.runIf(hasChromium())('a cluster, from its definition to its mesh, in a browser', () => {
  let coordinator: Coordinator
  let browser: Browser
  let opened: WatchedPage
  let page: Page
  let agent: RunningProgram | undefined
  let section = ''
  let path = ''
  const root = mkdtempSync(join(tmpdir(), 'muster-member-'))
  beforeAll(async () => {
    coordinator = await startCoordinator()
    browser = await launchChromium()
    opened = await openPage(browser, coordinator.url)
    page = opened.page
    // What fades in is looked at when it is there.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await signUpInPage(page, 'ann', 'a long enough password')
  })
  afterAll(async () => {
    await agent?.stop()
    await browser?.close()
    await coordinator?.stop()
    rmSync(root, { recursive: true, force: true })
  })

  /** The box of a member in the picture. */
  const box = (text: RegExp) =>
    page.getByRole('region', { name: 'Picture of the mesh' }).getByRole('button').filter({ hasText: text })

  test('without clusters the page tells how to get one', async () => {
    await page.getByRole('link', { name: 'Clusters' }).click()
    await page.getByText('muster cluster create FILE').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  test('a mistake in a definition is told with its line, and nothing is created from it', async () => {
    await page.getByRole('link', { name: 'New cluster' }).first().click()
    const text = page.getByRole('textbox', { name: 'Definition' })
    await text.fill(DEFINITION.replace('type: scalable', 'type: scalabel'))
    await page.getByRole('list', { name: 'Problems' }).getByText('line 10').waitFor()
    expect(await page.getByRole('button', { name: 'Create cluster' }).isDisabled()).toBe(true)
    await text.fill(DEFINITION)
    await page.getByText('No problems found').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  test('a cluster is created, and the coordinator is alone in its mesh', async () => {
    await page.getByRole('button', { name: 'Create cluster “lab”' }).click()
    await page.getByRole('heading', { level: 1, name: 'lab' }).waitFor()
    path = new URL(page.url()).pathname
    await box(/^coordinator/).waitFor()
    expect(await page.getByText('Members connect to each other too').count()).toBe(1)
  })

  test('a machine is authorized; its section is shown this once', async () => {
    await page.getByRole('button', { name: 'Let a machine join' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Cloud').selectOption('torino')
    expect(await namelessControls(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Make a token' }).click()
    section = (await dialog.getByLabel('Section').textContent()) ?? ''
    expect(section).toMatch(/^\[muster\]\n[\s\S]*token = /)
    await dialog.getByText('Nobody has used it yet').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  test('the dialog and the picture show the machine as soon as it has joined', async () => {
    mkdirSync(join(root, 'etc/muster'), { recursive: true })
    writeFileSync(join(root, 'etc/muster/join.conf'), section, { mode: 0o600 })
    agent = startMuster('muster-agent', ['run', '--root', root, '--console', 'none'])
    const dialog = page.getByRole('dialog')
    await dialog.getByText('The machine has joined').waitFor({ timeout: 120_000 })
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(section.split('token = ')[1]?.trim())
    await box(/^squid\/0Alive/).waitFor()
  })

  test('the keyboard leads to its box and opens its facts', async () => {
    await page.locator('[data-box][tabindex="0"]').focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^squid\/0/)
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog')
    await panel.getByText('slot 0, generation 0').waitFor()
    expect(await panel.textContent()).toMatch(/direct[\s\S]*12D3Koo/)
    expect(await findBarriers(page)).toEqual([])
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
  })

  test('the table has the same members, to search and to sort', async () => {
    await page.getByRole('tab', { name: 'Members' }).click()
    const row = page.getByRole('table', { name: 'Members' }).getByRole('row')
    await row.filter({ hasText: 'squid/0' }).waitFor()
    await page.getByRole('button', { name: 'Status' }).click()
    await page.getByRole('searchbox', { name: 'Search members' }).fill('torino')
    await row.filter({ hasText: 'coordinator' }).waitFor({ state: 'detached' })
    expect(await row.count()).toBe(2)
  })

  test('in both color schemes, wide and narrow, no part of the page keeps anybody out', async () => {
    const found: Record<string, readonly string[]> = {}
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 900 })
        for (const tab of ['picture', 'members', 'services', 'definition']) {
          await page.goto(`${path}?tab=${tab}`)
          await page
            .getByText(tab === 'picture' ? 'Lines are connections' : 'squid')
            .first()
            .waitFor()
          found[`${tab} ${colorScheme} ${width}`] = await findBarriers(page)
        }
        await page.goto('/clusters')
        await page.getByText('1 alive').waitFor()
        found[`list ${colorScheme} ${width}`] = await findBarriers(page)
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    expect(Object.entries(found).filter(([, violations]) => violations.length > 0)).toEqual([])
    expect(opened.complaints).toEqual([])
  })

  test('a machine that is stopped is soon no longer alive', async () => {
    await page.goto(path)
    await box(/^squid\/0Alive/).waitFor()
    await agent?.stop()
    await box(/^squid\/0(Left|Gone|Suspect)/).waitFor({ timeout: 120_000 })
  })

  test('a member is cut off after its name is typed', async () => {
    await box(/^squid\/0/).click()
    await page.getByRole('button', { name: 'Revoke its membership' }).click()
    const dialog = page.getByRole('dialog').filter({ hasText: 'for good' })
    expect(await dialog.getByRole('button', { name: 'Revoke', exact: true }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('squid/0')
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  })

  test('what is shown is grayed out when the coordinator is silent', async () => {
    await page.goto(path)
    await box(/^coordinator/).waitFor()
    await page.clock.install()
    await page.route('**/api/**', (route) => route.abort())
    await page.clock.fastForward(60_000)
    await page.getByText('Nothing was heard from the coordinator').waitFor()
    await page.locator('.mesh-frame[data-stale]').waitFor()
    await page.unroute('**/api/**')
    await page.clock.resume()
  })

  test('the cluster is deleted after its name is typed', async () => {
    await page.goto(`${path}?tab=definition`)
    await page.getByRole('button', { name: 'Delete this cluster' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('lab')
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('No clusters yet').waitFor()
  })
})
