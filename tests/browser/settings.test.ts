import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium } from '../capabilities.ts'
import { type Person, signUp } from '../running/account.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { namelessControls } from './accessibility.ts'
import { launchChromium, openPage } from './chromium.ts'

const NEW_PASSWORD = 'a password made later'

describe.runIf(hasChromium())('the settings page', () => {
  let coordinator: Coordinator
  let person: Person
  let browser: Browser
  beforeAll(async () => {
    coordinator = await startCoordinator()
    person = await signUp(coordinator.url)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await coordinator?.stop()
  })

  async function signIn(password: string): Promise<Page> {
    const { page } = await openPage(browser, coordinator.url)
    await page.goto('/signin')
    await page.getByLabel('Name', { exact: true }).fill(person.login)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => !url.pathname.startsWith('/signin'))
    await page.goto('/settings')
    await page.getByText('this browser').waitFor()
    return page
  }

  test('signs another browser out, which learns it at once, and lists no more than are signed in', async () => {
    const [here, there] = [await signIn(person.password), await signIn(person.password)]
    const sessions = here.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
    const newest = sessions.first().getByRole('button', { name: 'End the session' })
    await newest.waitFor()
    const before = await sessions.count()
    await newest.click()
    await here.getByText('The session is ended.').waitFor()
    await there.getByText('You are signed out').waitFor()
    await sessions.nth(before - 1).waitFor({ state: 'detached' })
    expect(await namelessControls(here)).toEqual([])
  })

  test('changes the password: a wrong one is explained, the right one ends the other sessions', async () => {
    const [here, there] = [await signIn(person.password), await signIn(person.password)]
    const form = here.getByRole('region', { name: 'Password', exact: true })
    await form.getByLabel('Present password').fill('not the password')
    await form.getByLabel('New password').fill(NEW_PASSWORD)
    await form.getByRole('button', { name: 'Change password' }).click()
    await form.getByRole('alert').getByText('Wrong password', { exact: true }).waitFor()
    await form.getByLabel('Present password').fill(person.password)
    await form.getByRole('button', { name: 'Change password' }).click()
    await form.getByText('The password is changed').waitFor()
    await there.getByText('You are signed out').waitFor()
    const sessions = here.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
    await sessions.nth(1).waitFor({ state: 'detached' })
    expect(await sessions.count()).toBe(1)
  })

  test('deletes the account, after its name and its password were typed', async () => {
    const page = await signIn(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Delete my account' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete your account?' })
    const confirm = dialog.getByRole('button', { name: 'for good' })
    await dialog.getByLabel('to confirm').fill(person.login)
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD)
    await confirm.click()
    await page.waitForURL((url) => url.pathname.startsWith('/signin'))
    await page.getByLabel('Name', { exact: true }).fill(person.login)
    await page.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Wrong name or password').first().waitFor()
  })
})
