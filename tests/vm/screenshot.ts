import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MachineCase } from '../machines/cases/case.ts'
import { logIn } from '../machines/log-in.ts'
import type { Machine } from '../machines/machine.ts'
import { ROOT, ROOT_CLOUD_CONFIG } from '../machines/root-login.ts'
import { startBaked } from '../machines/scenes.ts'
import { PROJECT_ROOT } from '../program.ts'
import { until } from '../until.ts'

/** Where pictures of the documents are. */
const PICTURES = join(PROJECT_ROOT, 'docs/images')

/** Takes a picture of the screen of a machine that shows its PIN: 80x25 characters, as its video card draws them. */
export const screenshot: MachineCase = {
  key: 'screenshot',
  title: 'a picture of the screen of a machine with its PIN, for docs/images/console.png',
  async run(site, say) {
    const machine = await startBaked(site, { name: 'muster-vm' })
    await machine.console().pin()
    say('the PIN is there')
    await machine.console().expect(/PIN [\s\S]*login: /)
    await takePicture(machine, 'console.png')
  },
}

/** The same with the console that has a terminal of its own. */
export const fullScreen: MachineCase = {
  key: 'full-screen',
  title: 'a picture of the full-screen console with its QR code, for docs/images/console-full-screen.png',
  async run(site, say) {
    const seed = { instanceId: 'instance-full-screen', userData: ROOT_CLOUD_CONFIG }
    const machine = await startBaked(site, { name: 'muster-vm', seed })
    const pin = await machine.console().pin()
    const shell = await logIn(machine.console(), ROOT.name, ROOT.password)
    await shell.run('muster-agent install --console full-screen --start >/dev/null')
    await shell.logOut()
    await machine.console().pin(pin)
    say('the agent shows another PIN, on terminal 8')
    await takePicture(machine, 'console-full-screen.png')
  },
}

async function takePicture(machine: Machine, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-picture-'))
  try {
    let last = Buffer.alloc(0)
    // Two pictures that are the same were not taken while the screen was drawn; an empty one compresses to nearly nothing.
    await until('a screen that stands still', async () => {
      const before = last
      await machine.screenshot?.(join(folder, name))
      last = readFileSync(join(folder, name))
      return last.length > 2_000 && last.equals(before) ? true : undefined
    })
    copyFileSync(join(folder, name), join(PICTURES, name))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
