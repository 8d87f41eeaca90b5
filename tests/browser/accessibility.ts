import type { Page } from 'playwright-core'

const CONTROLS = ['textbox', 'searchbox', 'button', 'link', 'combobox', 'checkbox', 'radio', 'switch', 'slider', 'tab']

/**
 * Controls that a person with a screen reader could not tell apart: those that have no name in the accessibility tree
 * of the browser's page. A smoke test, not a certificate.
 *
 * @returns the line of each one in the tree
 */
export async function namelessControls(page: Page): Promise<readonly string[]> {
  const tree = await page.locator('body').ariaSnapshot()
  // A line is `- role "name" [state]: text`; one without a name has a colon, a state or nothing behind the role.
  const nameless = new RegExp(`^\\s*- (${CONTROLS.join('|')})(?=:|$| \\[)`)
  return tree.split('\n').filter((line) => nameless.test(line))
}
