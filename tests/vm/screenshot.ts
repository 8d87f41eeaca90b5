import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MachineCase } from '../machines/cases/case.ts'
import { startBaked } from '../machines/scenes.ts'
import type { Site } from '../machines/site.ts'
import { PROJECT_ROOT } from '../program.ts'
import { until } from '../until.ts'

/** The picture in the documents. */
const PICTURE = join(PROJECT_ROOT, 'docs/images/console.png')

/** Takes a picture of the screen of a machine that shows its PIN: 80x25 characters, as its video card draws them. */
export const screenshot: MachineCase = {
  key: 'screenshot',
  title: 'a picture of the screen of a machine with its PIN, for docs/images/console.png',
  run: takePicture,
}

async function takePicture(site: Site, say: (line: string) => void): Promise<void> {
  const machine = await startBaked(site, { name: 'muster-vm' })
  await machine.console().pin()
  say('the PIN is there')
  await machine.console().expect(/PIN [\s\S]*login: /)
  const folder = mkdtempSync(join(tmpdir(), 'muster-picture-'))
  try {
    let last = Buffer.alloc(0)
    // Two pictures that are the same were not taken while the screen was drawn; an empty one compresses to nearly nothing.
    await until('a screen that stands still', async () => {
      const before = last
      await machine.screenshot?.(join(folder, 'screen.png'))
      last = readFileSync(join(folder, 'screen.png'))
      return last.length > 2_000 && last.equals(before) ? true : undefined
    })
    copyFileSync(join(folder, 'screen.png'), PICTURE)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
