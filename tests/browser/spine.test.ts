import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { canBuildTrees, hasChromium } from '../capabilities.ts'
import { verifiesPassword } from '../public-contexts/inspect-tree.ts'
import { readPublicContext } from '../public-contexts/public-context.ts'
import { readAccount } from '../trees/accounts.ts'
import { namelessControls } from './accessibility.ts'
import type { WatchedPage } from './chromium.ts'
import { type Spine, startSpine } from './harness.ts'
import { hunt, huntPin } from './secret-hunt.ts'
import { pasteContext, signUpInPage, watchList } from './walk.ts'

/** Programs start one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 180_000 })

const atlas = readPublicContext('atlas')
const MISTAKE = atlas.replace('repositories=', 'repositores=')
const MISTAKE_LINE = MISTAKE.slice(0, MISTAKE.indexOf('repositores=')).split('\n').length

/** Drawn anew in each run, so that nothing but this run can have put them anywhere. */
const PASSPHRASE = `orchid ${randomBytes(6).toString('hex')} lantern`
const SEALED_PASSWORD = `Sealed-${randomBytes(6).toString('hex')}`
const ACCOUNT_PASSWORD = `account ${randomBytes(6).toString('hex')}`
const sealedText = atlas.replace('atlas:atlas:atlas', `atlas:atlas:${SEALED_PASSWORD}`)

/** Stands in versions 1 and 2, which are not sealed: what the hunt must find, or it searches in the wrong place. */
const PLAIN_MARK = 'atlasLocalSetup.sh'

describe.runIf(hasChromium() && canBuildTrees())('from a fresh account to a configured machine, in a browser', () => {
  let spine: Spine
  let opened: WatchedPage
  let page: Page
  let pin = ''
  beforeAll(async () => {
    spine = await startSpine()
    opened = await spine.openPage()
    page = opened.page
  })
  afterAll(() => spine?.stop())

  test('a person signs up', async () => {
    await signUpInPage(page, 'ann', ACCOUNT_PASSWORD)
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await namelessControls(page)).toEqual([])
  })

  test('pastes a context and sees the mistake in it flagged at its line', async () => {
    await page.goto('/contexts/new')
    await page.getByLabel('Name', { exact: true }).fill('atlas')
    await pasteContext(page, MISTAKE)
    const problems = page.getByRole('list', { name: 'Problems' })
    const flagged = problems.getByRole('button').filter({ hasText: `line ${MISTAKE_LINE}:` })
    await flagged.waitFor()
    expect(await flagged.textContent()).toMatch(/repositores[\s\S]*repositories/)
    await flagged.click()
    const activeLine = page.locator('.cm-lineNumbers .cm-activeLineGutter')
    await activeLine.getByText(String(MISTAKE_LINE), { exact: true }).waitFor()
    expect(await namelessControls(page)).toEqual([])
    await page.getByRole('button', { name: 'Save version 1' }).click()
    await page.getByRole('heading', { level: 1, name: 'atlas' }).waitFor()
  })

  test('fixes it and saves version 2', async () => {
    await page.getByRole('link', { name: 'Edit', exact: true }).click()
    await pasteContext(page, atlas)
    await page.getByRole('list', { name: 'Problems' }).getByText('repositores').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Save version 2' }).click()
    await page.getByRole('tab', { name: 'Versions (2)' }).waitFor()
  })

  test('seals version 3 with a passphrase', async () => {
    await page.getByRole('link', { name: 'Edit', exact: true }).click()
    await pasteContext(page, sealedText)
    await page.getByRole('button', { name: 'Seal and save…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await dialog.getByLabel('Passphrase again').fill(PASSPHRASE)
    expect(await namelessControls(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Seal and save version 3' }).click()
    await page.getByRole('tab', { name: 'Versions (3)' }).waitFor()
  })

  test('types the PIN of the console and recognizes the machine', async () => {
    pin = await spine.machine.pin()
    // A page loaded anew: what was opened in the editor is forgotten, so the version must be unsealed.
    await page.goto('/pair')
    await page.getByLabel('PIN').fill(pin.toLowerCase().replace('-', ' '))
    expect(await namelessControls(page)).toEqual([])
    await page.getByRole('button', { name: 'Find the machine' }).click()
    const card = page.getByRole('region', { name: 'The machine' })
    await card.getByText('Go on only if it is your own').waitFor()
    await card.getByRole('button', { name: 'Yes, this is my machine' }).click()
  })

  test('unseals the version and reads the plan of the machine, which shows no password', async () => {
    const choose = page.getByRole('region', { name: 'Choose a context' })
    await choose.getByLabel('Passphrase', { exact: true }).fill('not the passphrase')
    await choose.getByRole('button', { name: 'Open' }).click()
    await choose
      .getByRole('alert')
      .filter({ hasText: /passphrase/i })
      .first()
      .waitFor()
    await choose.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
    await choose.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('button', { name: 'Ask the machine for its plan' }).click()
    const plan = page.getByRole('region', { name: 'Plan of the machine' })
    await plan.getByText(/changes on/).waitFor()
    expect(await plan.textContent()).toContain('/etc/cernvm/site.conf')
    expect(await plan.textContent()).not.toContain(SEALED_PASSWORD)
  })

  test('watches the steps until the machine is what the context says', async () => {
    const stepsSeen = await watchList(page, 'Changes made')
    await page.getByRole('button', { name: 'Apply', exact: true }).click()
    await page.getByRole('region', { name: 'Result' }).getByRole('heading', { name: 'Applied', exact: true }).waitFor()
    expect((await stepsSeen()).join('\n')).toMatch(/user[: ]atlas/)
    const account = readAccount(spine.tree.root, 'atlas')
    expect(verifiesPassword(SEALED_PASSWORD, account?.shadow ?? '')).toBe(true)
    expect(await page.textContent('main')).not.toContain(SEALED_PASSWORD)
  })

  test('finds the machine listed with the context and its version', async () => {
    await page.goto('/machines')
    const row = page.getByRole('table', { name: 'Machines' }).getByRole('row').filter({ hasText: 'atlas, version 3' })
    await row.waitFor()
    expect(await namelessControls(page)).toEqual([])
  })

  test('signs out, and in again with the keyboard alone', async () => {
    const { page: fresh, context, complaints } = await spine.openPage()
    await fresh.goto('/signin')
    await fresh.getByLabel('Name', { exact: true }).waitFor()
    await fresh.keyboard.type('ann')
    await fresh.keyboard.press('Tab')
    await fresh.keyboard.type(ACCOUNT_PASSWORD)
    await fresh.keyboard.press('Enter')
    await fresh.waitForURL((url) => !url.pathname.startsWith('/signin'))
    expect(complaints).toEqual([])
    await context.close()
  })

  test('in neither color scheme does any page complain', async () => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const path of ['/', '/contexts', '/machines', '/pair', '/settings']) {
        await page.goto(path)
        await page.getByRole('heading', { level: 1 }).waitFor()
        expect(await namelessControls(page), path).toEqual([])
      }
    }
    expect(opened.complaints).toEqual([])
  })

  test('neither what the coordinator stored nor what it heard and said has the PIN, passphrase or sealed password', () => {
    const secrets = [
      { name: 'passphrase', text: PASSPHRASE },
      { name: 'password of the sealed context', text: SEALED_PASSWORD },
    ]
    for (const [place, bytes] of [
      ['stored', spine.stored()],
      ['said', spine.recorder.transcript()],
    ] as const) {
      expect(bytes.includes(PLAIN_MARK), `${place}: the search looks where contexts are`).toBe(true)
      expect(hunt(bytes, secrets), place).toEqual([])
      expect(huntPin(bytes, pin), place).toEqual([])
    }
    // The first half of the PIN does travel, so a hunt for it must succeed: the second would be found in the same way.
    expect(huntPin(spine.recorder.transcript(), `${pin.slice(5)}-${pin.slice(0, 4)}`)).not.toEqual([])
    expect(hunt(spine.stored(), [{ name: 'password of the account', text: ACCOUNT_PASSWORD }])).toEqual([])
  })
})
