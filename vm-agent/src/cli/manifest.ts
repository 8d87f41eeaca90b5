import { openImageTree } from '@muster/image-hooks/image-tree.ts'
import { installedManifest } from '@muster/image-hooks/verify.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson } from './command-io.ts'
import { treeRoot } from './image-tree-options.ts'

interface ManifestFlags {
  readonly root: string
  readonly json?: boolean
}

/** Adds `manifest`: what was installed. Reads only. */
export function registerManifest(program: Command, io: CommandIo): void {
  program
    .command('manifest')
    .description('show what was installed')
    .option('--root <dir>', 'the tree to look at', '/')
    .option('--json', 'print JSON')
    .action((flags: ManifestFlags) => runCommand(io, flags.json === true, () => showManifest(io, flags)))
}

async function showManifest(io: CommandIo, flags: ManifestFlags) {
  const manifest = await installedManifest(openImageTree(await treeRoot(flags.root)))
  if (flags.json === true) {
    printJson(io, manifest)
    return EXIT.done
  }
  for (const entry of manifest.entries) {
    const mode = 'mode' in entry ? entry.mode.toString(8).padStart(4, '0') : '-'
    const what = entry.kind === 'file' ? entry.sha256.slice(0, 12) : entry.kind === 'link' ? `-> ${entry.target}` : ''
    const config = 'isConfig' in entry && entry.isConfig ? ' (configuration)' : ''
    print(io, `${entry.kind.padEnd(9)} ${mode.padStart(4)} ${entry.path} ${what}${config}`.trimEnd())
  }
  print(io, `muster-agent ${manifest.version}${manifest.isComplete ? '' : '; an install was stopped: run it again'}`)
  return EXIT.done
}
