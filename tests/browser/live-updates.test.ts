import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium } from '../capabilities.ts'
import { type Person, signUp } from '../running/account.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { launchChromium, openPage, type WatchedPage } from './chromium.ts'

describe.runIf(hasChromium())('a page that shows a list', () => {
  let coordinator: Coordinator
  let person: Person
  let opened: WatchedPage
  let close: () => Promise<void>
  beforeAll(async () => {
    coordinator = await startCoordinator()
    person = await signUp(coordinator.url)
    const browser = await launchChromium()
    close = () => browser.close()
    opened = await openPage(browser, coordinator.url)
    await opened.page.goto('/signin')
    await opened.page.getByLabel('Name', { exact: true }).fill(person.login)
    await opened.page.getByLabel('Password', { exact: true }).fill(person.password)
    await opened.page.getByRole('button', { name: 'Sign in' }).click()
    await opened.page.waitForURL((url) => !url.pathname.startsWith('/signin'))
  })
  afterAll(async () => {
    await close?.()
    await coordinator?.stop()
  })

  async function create(name: string): Promise<void> {
    const version = { format: 'plain', body: '[cernvm]\n', note: '' } as const
    await person.api.contexts.create({ name, description: '', ...version })
  }

  test('gets what changes while it is shown', async () => {
    await opened.page.goto('/contexts')
    await opened.page.getByRole('heading', { level: 1 }).waitFor()
    await create('while-shown')
    await opened.page.getByText('while-shown').waitFor()
  })

  test('gets what changed between its reading the list and the opening of the event stream', async () => {
    const gate = Promise.withResolvers<void>()
    await opened.page.route('**/api/v2/events*', async (route) => {
      await gate.promise
      await route.continue()
    })
    await opened.page.goto('/contexts', { waitUntil: 'commit' })
    await opened.page.getByText('while-shown').waitFor()
    await create('in-between')
    gate.resolve()
    await opened.page.getByText('in-between').waitFor()
    expect(opened.complaints).toEqual([])
  })
})
