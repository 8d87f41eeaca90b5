import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { type Machine, startMachine } from '../running/agent.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { copyTree, type TreeCopy } from '../trees/debian-tree.ts'
import { launchChromium, openPage, type WatchedPage } from './chromium.ts'
import { type Recorder, startRecorder } from './recorder.ts'

/** A real coordinator, a real agent on a Debian tree, a real browser; all talk through one recorder. */
export interface Spine {
  readonly coordinator: Coordinator
  readonly recorder: Recorder
  readonly tree: TreeCopy
  readonly machine: Machine
  readonly browser: Browser
  /** A page whose relative addresses are the coordinator's, as people see it. */
  openPage(): Promise<WatchedPage>
  /** Everything that the coordinator has stored so far: the database with its journals, settings, logs. */
  stored(): Buffer
  /** Stops all that was started, in reverse. */
  stop(): Promise<void>
}

/** Starts everything; what did start is stopped again when something does not. */
export async function startSpine(): Promise<Spine> {
  const stops: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next()
  }
  try {
    const recorder = await startRecorder()
    stops.push(() => recorder.close())
    const coordinator = await startCoordinator({ publicUrl: recorder.url })
    stops.push(() => coordinator.stop())
    recorder.forwardTo(coordinator.url)
    const tree = await copyTree()
    stops.push(() => tree.remove())
    const machine = startMachine(recorder.url, tree.root)
    stops.push(() => machine.stop())
    const browser = await launchChromium()
    stops.push(() => browser.close())
    return {
      coordinator,
      recorder,
      tree,
      machine,
      browser,
      openPage: () => openPage(browser, recorder.url),
      stored: () => readStored(coordinator),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The files are read as they lie on the disk, write-ahead log included, and what the process has printed. */
function readStored({ dataFolder, program }: Coordinator): Buffer {
  const files = readdirSync(dataFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const contents = files.map((entry) => readFileSync(join(entry.parentPath, entry.name)))
  return Buffer.concat([...contents, Buffer.from(program().stdout() + program().stderr())])
}
