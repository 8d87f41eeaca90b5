import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createShellWorld, type ShellWorld } from '../bootstrap/shell-world.ts'
import { hasChromium } from '../capabilities.ts'
import { type Person, signUp } from '../running/account.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { namelessControls } from './accessibility.ts'
import { launchChromium, openPage } from './chromium.ts'

const CONTEXT = '[cernvm]\nusers=physicist:physicist:secretword\n'

describe.runIf(hasChromium())('the pages for stock images', () => {
  let machine: ShellWorld
  let coordinator: Coordinator
  let person: Person
  let browser: Browser
  beforeAll(async () => {
    machine = await createShellWorld(['curl'])
    coordinator = await startCoordinator({ distFolder: machine.dist })
    person = await signUp(coordinator.url)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await coordinator?.stop()
    machine?.[Symbol.dispose]()
  })

  async function signIn(): Promise<Page> {
    const { page } = await openPage(browser, coordinator.url)
    await page.goto('/signin')
    await page.getByLabel('Name', { exact: true }).fill(person.login)
    await page.getByLabel('Password', { exact: true }).fill(person.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => !url.pathname.startsWith('/signin'))
    return page
  }

  test('give a script on the page of the machines that installs the agent, and say what it does', async () => {
    const page = await signIn()
    await page.goto('/machines')
    await page.getByRole('button', { name: /Boot a stock image/ }).click()
    const text = page.getByLabel('User-data', { exact: true })
    await page.getByText(`fetches muster-agent ${machine.release.version} (channel stable)`).waitFor()
    await page.getByText(/^\d+ bytes of the 16384 that clouds take\.$/).waitFor()
    expect(await text.textContent()).toMatch(/^#cloud-config\n/)
    expect(await namelessControls(page)).toEqual([])
    await page.getByText('Shell script').click()
    await page.getByText('or run it as root').waitFor()
    const script = (await text.textContent()) ?? ''
    expect(script).toBe(machine.program(coordinator.url, 'script'))
    expect((await machine.run(['dash'], script)).code).toBe(0)
    expect(await page.getByRole('link', { name: 'Download' }).getAttribute('download')).toBe('user-data.sh')
  })

  test('take a context along, warn that it can be read, and offer gzip for what is too large', async () => {
    const create = async (name: string, body: string) =>
      (await person.api.contexts.create({ name, description: '', format: 'plain', body, note: '' })).value.id
    const page = await signIn()
    await page.goto(`/contexts/${await create('mine', CONTEXT)}?tab=boot`)
    await page.getByText('Everybody in the machine can read this').waitFor()
    expect(await page.getByLabel('User-data', { exact: true }).textContent()).toContain(
      '\nusers=physicist:physicist:secretword\n',
    )
    await page.goto(`/contexts/${await create('large', `${'# a long remark\n'.repeat(1500)}${CONTEXT}`)}?tab=boot`)
    await page.getByText('It fits when it is compressed').waitFor()
    const link = await page.getByRole('link', { name: 'Download as gzip' }).getAttribute('href')
    expect(
      Buffer.from(link?.split(',')[1] ?? '', 'base64')
        .subarray(0, 2)
        .toString('hex'),
    ).toBe('1f8b')
    expect(await namelessControls(page)).toEqual([])
  })
})
