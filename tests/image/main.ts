import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { installMissingPrograms } from '../run/programs.ts'
import { withTree } from './build-image.ts'
import { VARIANTS } from './recipe.ts'
import { runTool } from './run-tool.ts'
import { imageMissing, testImage } from './test-image.ts'

const HELP = `npm run build:image [-- [stock] [baked] [--out DIR] [--agent FILE]]

Builds Debian 12 with cloud-init, without (stock) and with (baked) the agent of this
checkout: a tree for systemd-nspawn, and a disk and a kernel for QEMU. Both when none
is named. What was built before is taken from ~/.cache/muster/images (XDG_CACHE_HOME);
the first build takes about three minutes. Needs root.

  --out DIR     copies them: DIR/NAME/tree, DIR/NAME/disk.raw, DIR/NAME/vmlinuz
  --agent FILE  bakes this executable in, not one made from the checkout

Try one (the coordinator goes into /etc/muster/agent.conf of the tree or disk first):
  systemd-nspawn --boot --volatile=overlay --directory=DIR/baked/tree
`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, agent: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  if (values.help) return say(HELP.trimEnd())
  const unknown = positionals.filter((name) => !VARIANTS.some((variant) => variant === name))
  if (unknown.length > 0) return fail(64, `no image ${unknown.join(', ')}; there are: ${VARIANTS.join(', ')}`)
  installMissingPrograms(process.env['PATH'] ?? '', (line) => process.stderr.write(`${line}\n`))
  const missing = imageMissing()
  if (missing !== undefined) return fail(78, missing)
  for (const variant of VARIANTS) {
    if (positionals.length > 0 && !positionals.includes(variant)) continue
    const agent = values.agent === undefined ? {} : { agent: resolve(values.agent) }
    const image = await testImage(variant, { hasDisk: true, ...agent })
    say(`${variant}\n  kernel ${image.kernel}\n  disk   ${image.disk}\n  tree   ${image.layers.join('\n   over  ')}`)
    if (values.out !== undefined) await copyOut(image, join(resolve(values.out), variant))
  }
  return 0
}

async function copyOut(image: Awaited<ReturnType<typeof testImage>>, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const tree = join(folder, 'tree')
  await runTool('rm', ['-rf', tree])
  await withTree(image.layers, folder, `cp -a "$tree" "$1"`, [tree])
  await runTool('cp', ['--sparse=always', image.disk ?? '', join(folder, 'disk.raw')])
  await runTool('cp', [image.kernel, join(folder, 'vmlinuz')])
  say(`  copied to ${folder}`)
}

function say(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function fail(code: number, text: string): number {
  process.stderr.write(`${text}\n`)
  return code
}

try {
  process.exitCode = await main()
} catch (error) {
  process.exitCode = fail(1, error instanceof Error ? error.message : String(error))
}
