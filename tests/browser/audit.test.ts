import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium } from '../capabilities.ts'
import { readPublicContext } from '../public-contexts/public-context.ts'
import { type Person, signUp } from '../running/account.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { findBarriers } from './accessibility.ts'
import { launchChromium, openPage, type WatchedPage } from './chromium.ts'

describe.runIf(hasChromium()).each(['light', 'dark'] as const)('in the %s scheme', (colorScheme) => {
  let coordinator: Coordinator
  let person: Person
  let browser: Browser
  let opened: WatchedPage
  let contextId: string
  beforeAll(async () => {
    coordinator = await startCoordinator()
    person = await signUp(coordinator.url)
    const version = { format: 'plain', body: readPublicContext('atlas'), note: 'first' } as const
    contextId = (await person.api.contexts.create({ name: 'atlas', description: '', ...version })).value.id
    browser = await launchChromium()
    opened = await openPage(browser, coordinator.url)
    await opened.page.emulateMedia({ colorScheme })
  })
  afterAll(async () => {
    await browser?.close()
    await coordinator?.stop()
  })

  /** Opens a page, waits until it has what it loads, and lists what keeps people out (WCAG 2.2 A and AA). */
  async function audit(path: string, shows: string): Promise<readonly string[]> {
    const { page } = opened
    await page.goto(path)
    await page.getByText(shows).first().waitFor()
    return await findBarriers(page)
  }

  test('the pages for visitors keep nobody out', async () => {
    expect(await audit('/signup', 'Create account')).toEqual([])
    expect(await audit('/signin', 'Sign in')).toEqual([])
  })

  test('the pages of a signed-in person keep nobody out', async () => {
    const { page } = opened
    await page.goto('/signin')
    await page.getByLabel('Name', { exact: true }).fill(person.login)
    await page.getByLabel('Password', { exact: true }).fill(person.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => !url.pathname.startsWith('/signin'))
    const pages = [
      ['/', 'atlas'],
      ['/contexts', 'atlas'],
      [`/contexts/${contextId}`, 'setupATLAS'],
      [`/contexts/${contextId}/edit`, 'What this does'],
      ['/contexts/new', 'What this does'],
      ['/pair', 'Find the machine'],
      ['/machines', 'Machines'],
      ['/settings', 'this browser'],
    ] as const
    const found: Record<string, readonly string[]> = {}
    for (const [path, shows] of pages) found[path] = await audit(path, shows)
    expect(found).toEqual(Object.fromEntries(pages.map(([path]) => [path, []])))
    expect(opened.complaints).toEqual([])
  })
})
