import type { Page } from 'playwright-core'

/** Puts a text into the editor as people do: through the clipboard, in place of what is there. */
export async function pasteContext(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  const editor = page.getByRole('textbox', { name: 'Context text' })
  await editor.click()
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Control+V')
}

/** Fills the form of a new account and waits for the first page behind it. */
export async function signUpInPage(page: Page, login: string, password: string): Promise<void> {
  await page.goto('/signup')
  await page.getByLabel('Name', { exact: true }).fill(login)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/signup'))
}

/**
 * Writes down each line that appears in a list while a page goes on by itself; ask for them afterwards. A step may be
 * done faster than a test can look, so it is the page that looks.
 *
 * @returns a function that gives the lines seen so far
 */
export async function watchList(page: Page, label: string): Promise<() => Promise<readonly string[]>> {
  const items = JSON.stringify(`[aria-label="${label}"] li`)
  // Plain text, since these lines run in the page, whose globals the rest of the tests must not know.
  await page.evaluate(`{
    const seen = (globalThis.seenByTest = new Set())
    const look = () => document.querySelectorAll(${items}).forEach((item) => seen.add(item.textContent))
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
  }`)
  return async () => await page.evaluate<string[]>('[...globalThis.seenByTest]')
}
