import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasProgram, hasRoot } from '../capabilities.ts'
import { cacheFolder } from '../machine-cache.ts'
import type { TestImage } from './build-image.ts'
import type { Variant } from './recipe.ts'

const BUILDER = fileURLToPath(new URL('./builder.ts', import.meta.url))

/** How an image is wanted. */
export interface TestImageOptions {
  /** With a disk for QEMU. @default false */
  readonly hasDisk?: boolean
  /** An executable of the agent. @default that of this checkout, built when it is not there */
  readonly agent?: string
}

/**
 * An image from the cache; builds what is missing. Of several callers at once, in any process, one builds and the others
 * wait for it.
 *
 * @throws when it cannot be built; the builder's own words were printed
 */
export async function testImage(variant: Variant, options: TestImageOptions = {}): Promise<TestImage> {
  const cache = cacheFolder(process.env, 'images')
  mkdirSync(cache, { recursive: true })
  const agent = options.agent === undefined ? [] : ['--agent', options.agent]
  const args = [BUILDER, variant, ...(options.hasDisk === true ? ['--disk'] : []), ...agent]
  const child = spawn('flock', [join(cache, 'lock'), process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`the image "${variant}" could not be built`)
  return JSON.parse(said) as TestImage
}

/** Why images cannot be built here; undefined when they can. */
export function imageMissing(): string | undefined {
  if (!hasRoot()) return 'building an image needs root'
  const programs = ['mmdebstrap', 'apt-get', 'flock', 'unshare', 'systemctl', 'strip']
  const missing = programs.filter((program) => !hasProgram(program))
  return missing.length === 0 ? undefined : `building an image needs ${missing.join(', ')}`
}
