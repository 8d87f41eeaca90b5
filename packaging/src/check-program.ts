import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import type { BuiltProgram } from './build-program.ts'
import { compareVersions, neededGlibc } from './symbol-versions.ts'

/**
 * Looks at a built program: that it starts and tells its version, that V8 takes its code cache, what it needs of the
 * machine, how large it is.
 *
 * @param objects - what it loads besides, as the database addon
 * @returns what is wrong, nothing when all is well
 */
export function checkProgram({ program, file, version }: BuiltProgram, objects: readonly string[]): readonly string[] {
  const problems: string[] = []
  const { status, stdout, stderr } = spawnSync(file, ['--version'], { encoding: 'utf8' })
  if (status !== 0 || stdout !== `${version}\n`) problems.push(`--version ended with ${status}: ${stdout}${stderr}`)
  if (stderr !== '') problems.push(`it says: ${stderr.trim()}`)
  const { size } = statSync(file)
  if (size > program.maxBytes) problems.push(`it has ${size} bytes, ${program.maxBytes} are allowed`)
  for (const object of [file, ...objects]) {
    const needed = neededGlibc(object)
    if (needed !== undefined && compareVersions(needed, program.glibc) > 0) {
      problems.push(`${object} needs glibc ${needed}, ${program.glibc} was promised`)
    }
  }
  return problems.map((problem) => `${program.name}: ${problem}`)
}
