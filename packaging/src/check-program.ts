import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BuiltProgram } from './build-program.ts'
import { checkCoordinator } from './check-coordinator.ts'
import type { ShippedProgram } from './shipped-program.ts'
import { compareVersions, neededGlibc } from './symbol-versions.ts'

/** Contexts that every program which knows contexts must find nothing wrong with. */
const LIBRARY = join(import.meta.dirname, '../../contexts/library')

/**
 * Looks at a built program: that it starts and tells its version, that V8 takes its code cache, that it does what it is
 * for, what it needs of the machine, how large it is.
 *
 * @param objects - what it loads besides, as the database addon
 * @returns what is wrong, nothing when all is well
 */
export async function checkProgram(
  { program, file, version }: BuiltProgram,
  objects: readonly string[],
): Promise<readonly string[]> {
  const problems: string[] = []
  const { status, stdout, stderr } = spawnSync(file, ['--version'], { encoding: 'utf8' })
  if (status !== 0 || stdout !== `${version}\n`) problems.push(`--version ended with ${status}: ${stdout}${stderr}`)
  if (stderr !== '') problems.push(`it says: ${stderr.trim()}`)
  const { size } = statSync(file)
  if (size > program.maxBytes) problems.push(`it has ${size} bytes, ${program.maxBytes} are allowed`)
  problems.push(...checkGlibc([file, ...objects], program.glibc), ...(await checkWork(program.name, file)))
  return problems.map((problem) => `${program.name}: ${problem}`)
}

function checkGlibc(objects: readonly string[], promised: string): readonly string[] {
  return objects.flatMap((object) => {
    const needed = neededGlibc(object)
    if (needed === undefined || compareVersions(needed, promised) <= 0) return []
    return [`${object} needs glibc ${needed}, ${promised} was promised`]
  })
}

/** One piece of what the program is for. */
async function checkWork(name: ShippedProgram['name'], file: string): Promise<readonly string[]> {
  const contexts = readdirSync(LIBRARY).map((context) => join(LIBRARY, context))
  switch (name) {
    case 'muster':
      return checkCommand(file, ['context', 'validate', ...contexts])
    case 'muster-agent':
      return contexts.flatMap((context) => checkCommand(file, ['plan', context]))
    case 'muster-coordinator':
      return checkCoordinator(file)
  }
}

function checkCommand(file: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' })
  return status === 0 ? [] : [`${args.slice(0, 3).join(' ')} ended with ${status}: ${stdout}${stderr}`]
}
