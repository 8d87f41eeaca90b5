import { parseArgs } from 'node:util'
import { imageMissing, testImage } from '../image/test-image.ts'
import { CASES } from '../machines/cases/all.ts'
import type { MachineCase } from '../machines/cases/case.ts'
import { findEachOther } from '../machines/cases/find-each-other.ts'
import { createQemuMaker } from '../machines/qemu-machine.ts'
import { createSite, type Site } from '../machines/site.ts'
import { labMissing } from '../rig/namespaces.ts'
import { installMissingPrograms, NEEDED_PROGRAMS, VM_PROGRAMS } from '../run/programs.ts'
import { fullScreen, screenshot } from './screenshot.ts'
import { waitingCost } from './waiting-cost.ts'

/** Of machines with a video card. */
const PICTURES: readonly MachineCase[] = [screenshot, fullScreen]
/** What runs when nothing is named, and what has to be named. */
const ALL: readonly MachineCase[] = [...CASES, ...PICTURES, waitingCost]

const HELP = `npm run test:vm [-- CASE…]

Boots real machines under QEMU, reads their serial consoles, and does what their owner
would do. Each boot takes one to three minutes; one case runs at a time. Needs root.

${ALL.map(({ key, title }) => `  ${key}  ${title}`).join('\n')}
`

/** Sites that are there now: whatever ends this process removes them first. */
const open = new Set<Site>()
const started = performance.now()

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  })
  if (values.help) return print(HELP)
  const unknown = positionals.filter((key) => ALL.every((one) => one.key !== key))
  if (unknown.length > 0) return print(`no case ${unknown.join(', ')}; see npm run test:vm -- --help\n`, 64)
  installMissingPrograms(process.env['PATH'] ?? '', say, [...NEEDED_PROGRAMS, ...VM_PROGRAMS])
  const chosen = positionals.length === 0 ? CASES : ALL.filter(({ key }) => positionals.includes(key))
  const maker = createQemuMaker()
  const missing = imageMissing() ?? maker.missing() ?? labMissing()
  if (missing !== undefined) {
    for (const { key, title } of chosen) say(`skipped ${key}: ${title}`)
    return print(`0 passed, 0 failed, ${chosen.length} skipped: ${missing}\n`, 1)
  }
  // Before the first case, so that its time is its own.
  await testImage('baked', { hasDisk: true })
  const failed: string[] = []
  for (const one of chosen) if (!(await passes(one))) failed.push(one.key)
  const words = failed.length === 0 ? '' : ` (${failed.join(', ')})`
  return print(
    `${chosen.length - failed.length} passed, ${failed.length} failed${words}\n`,
    failed.length === 0 ? 0 : 1,
  )
}

async function passes({ key, title, run }: MachineCase): Promise<boolean> {
  say(`${key}: ${title}`)
  const from = performance.now()
  let site: Site | undefined
  try {
    site = await createSite(
      createQemuMaker({ hasSegment: key === findEachOther.key, hasScreen: PICTURES.some((one) => one.key === key) }),
    )
    open.add(site)
    await run(site, (line) => say(`${key}:   ${line}`))
    say(`${key}: passed in ${seconds(performance.now() - from)}`)
    return true
  } catch (error) {
    say(`${key}: FAILED after ${seconds(performance.now() - from)}: ${error instanceof Error ? error.stack : error}`)
    return false
  } finally {
    await site?.remove()
    if (site !== undefined) open.delete(site)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`
}

function say(line: string): void {
  process.stdout.write(`${seconds(performance.now() - started).padStart(7)}  ${line}\n`)
}

function print(text: string, code = 0): number {
  process.stdout.write(text)
  return code
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say('stopping, and removing the machines …')
    void Promise.allSettled([...open].map((site) => site.remove())).then(() => process.exit(1))
  })
}

process.exitCode = await main()
