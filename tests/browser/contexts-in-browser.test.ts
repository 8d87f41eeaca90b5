import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium } from '../capabilities.ts'
import { PUBLIC_CONTEXTS, readPublicContext } from '../public-contexts/public-context.ts'
import { launchChromium, openPage, type WatchedPage } from './chromium.ts'
import { analyze, pair } from './contexts-entry.ts'

const entry = fileURLToPath(new URL('./contexts-entry.ts', import.meta.url))

/** Broken in many ways, so that the diagnostics are compared too. */
const BROKEN =
  '#!/bin/sh.after\necho no exit\n\n[amiconfig]\nplugins=cernvm sqiud\n[cernvm]\nusers=a:b\nedition\nshel=/bin/zsh\n'

test('bundles for the browser without anything of Node', async () => {
  const { errors, warnings, metafile } = await bundle()
  expect([...errors, ...warnings]).toEqual([])
  expect(
    Object.keys(metafile.inputs).filter((path) => path.startsWith('node:') || path.startsWith('(disabled)')),
  ).toEqual([])
})

describe.runIf(hasChromium())('contexts in Chromium', () => {
  let opened: WatchedPage
  let close: () => Promise<void>
  beforeAll(async () => {
    const browser = await launchChromium()
    close = () => browser.close()
    opened = await openPage(browser)
    const { outputFiles } = await bundle()
    // An address of its own, since an empty page is no secure context and lacks the browser's cryptography.
    await opened.page.route('http://localhost/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    )
    await opened.page.goto('http://localhost/')
    await opened.page.addScriptTag({ content: outputFiles[0]?.text ?? '' })
  })
  afterAll(() => close())

  test.each(PUBLIC_CONTEXTS)('decode and plan %s exactly as in Node', async (name) => {
    const text = readPublicContext(name)
    const inBrowser = await opened.page.evaluate((given) => muster.analyze(given), text)
    expect(JSON.parse(inBrowser)).toEqual(JSON.parse(analyze(text)))
    expect(JSON.parse(inBrowser)).toMatchObject({ isPrintedBack: true })
  })

  test('report the problems of a broken text exactly as in Node', async () => {
    const inBrowser = await opened.page.evaluate((given) => muster.analyze(given), BROKEN)
    expect(inBrowser).toBe(analyze(BROKEN))
    expect(JSON.parse(inBrowser).diagnostics.length).toBeGreaterThan(3)
  })

  test.each([1, 2, 3])('pair exactly as in Node, seed %i', async (seed) => {
    const inBrowser = await opened.page.evaluate((given) => muster.pair('BCDF-GHJK', given), seed)
    expect(inBrowser).toBe(pair('bcdf ghjk', seed))
  })

  test('complain about nothing', () => {
    expect(opened.complaints).toEqual([])
  })
})

/** What the bundle puts into the page. */
declare const muster: { readonly analyze: typeof analyze; readonly pair: typeof pair }

async function bundle() {
  return await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'muster',
    platform: 'browser',
    target: 'es2024',
    logLevel: 'silent',
  })
}
