import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
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

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe-core found, as far as it is shown. */
interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What keeps people out of the page as it is now (WCAG 2.2 A and AA), each with the parts it concerns. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'))
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((found) => found.violations)`,
  )
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
