import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { cachedBuild } from '@muster/packaging/cached-build.ts'
import { checkProgram } from '@muster/packaging/check-program.ts'
import { DATABASE_ADDON, shippedProgram } from '@muster/packaging/shipped-program.ts'
import { compareVersions, neededGlibc } from '@muster/packaging/symbol-versions.ts'
import { describe, expect, test } from 'vitest'
import { hasProgram } from '../capabilities.ts'
import { NEWER_VERSION } from './newer-version.ts'

const ADDON = join(import.meta.dirname, '../..', `${DATABASE_ADDON}${process.arch}.node`)
const canBuild = hasProgram('strip') && hasProgram('objdump') && hasProgram('flock')

describe.skipIf(!canBuild)('the executable of the sources as they are', { timeout: 300_000 }, () => {
  test('is built once, however many ask at the same time, and runs', async () => {
    const [one, other] = await Promise.all([cachedBuild(), cachedBuild()])
    expect(other).toEqual(one)
    const { status, stdout, stderr } = spawnSync(one.file, ['--version'], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('tells another version when one is wanted', async () => {
    const [built, usual] = [await cachedBuild({ version: NEWER_VERSION }), await cachedBuild()]
    expect(spawnSync(built.file, ['--version'], { encoding: 'utf8' }).stdout).toBe(`${NEWER_VERSION}\n`)
    expect(built.digest).not.toBe(usual.digest)
  })

  test.each(['muster-agent', 'muster', 'muster-coordinator'] as const)('%s does what it is for', async (name) => {
    const { file, sbom } = await cachedBuild({ name })
    const version = spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout.trim()
    const addon = name === 'muster-coordinator' ? [ADDON] : []
    expect(await checkProgram({ program: shippedProgram(name), version, file, sbom }, addon)).toEqual([])
  })

  test.each(['muster-agent', 'muster'] as const)('%s needs no newer glibc than was promised', async (name) => {
    const needed = neededGlibc((await cachedBuild({ name })).file)
    expect(needed).toBeDefined()
    expect(compareVersions(needed ?? '', shippedProgram(name).glibc)).toBeLessThanOrEqual(0)
  })

  test('a newer glibc is noticed: the database addon needs one that the agent may not need', () => {
    expect(compareVersions(neededGlibc(ADDON) ?? '', shippedProgram('muster-agent').glibc)).toBeGreaterThan(0)
  })
})
