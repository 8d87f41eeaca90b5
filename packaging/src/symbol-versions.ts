import { runTool } from './run-tool.ts'

/** Newest version of glibc that a program or shared object asks for, as `2.28`; undefined when it asks for none. */
export function neededGlibc(file: string): string | undefined {
  const versions = runTool('objdump', ['-T', file]).matchAll(/\bGLIBC_(\d+(?:\.\d+)+)/g)
  return [...new Set([...versions].map((match) => match[1] ?? ''))].sort(compareVersions).at(-1)
}

/** Orders versions by their numbers: 2.9 comes before 2.28. */
export function compareVersions(a: string, b: string): number {
  const others = b.split('.').map(Number)
  for (const [index, number] of a.split('.').map(Number).entries()) {
    const difference = number - (others[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.split('.').length - others.length
}
