import { parseArgs } from 'node:util'
import { cachedBuild } from '@muster/packaging/cached-build.ts'
import { cacheFolder } from '../machine-cache.ts'
import { buildImage } from './build-image.ts'
import { VARIANTS } from './recipe.ts'

/**
 * `builder.ts stock|baked [--disk] [--agent FILE]`: builds what the cache lacks and prints the image as JSON. Runs while
 * its caller holds the lock of the cache.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { disk: { type: 'boolean', default: false }, agent: { type: 'string' } },
})
const say = (line: string) => process.stderr.write(`image: ${line}\n`)

try {
  const variant = VARIANTS.find((name) => name === positionals[0])
  if (variant === undefined) throw new Error(`name one of: ${VARIANTS.join(', ')}`)
  const agent = async () => values.agent ?? (await cachedBuild()).file
  const image = await buildImage(cacheFolder(process.env, 'images'), { variant, hasDisk: values.disk, agent }, say)
  process.stdout.write(`${JSON.stringify(image)}\n`)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
