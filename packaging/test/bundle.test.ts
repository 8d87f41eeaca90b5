import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleProgram } from '@muster/packaging/bundle.ts'
import { packagesOf, renderSbom } from '@muster/packaging/sbom.ts'
import { SHIPPED_PROGRAMS } from '@muster/packaging/shipped-program.ts'
import { compareVersions } from '@muster/packaging/symbol-versions.ts'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'muster-bundle-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the agent in one file tells its version with the commit and plans a context', async () => {
  const program = SHIPPED_PROGRAMS.find(({ name }) => name === 'muster-agent')
  if (program === undefined) throw new Error('the agent is not shipped')
  const outfile = join(folder, 'muster-agent.cjs')
  const { version, inputs } = await bundleProgram({ root, program, outfile, commit: 'abc123' })
  expect(version).toMatch(/^\d+\.\d+\.\d+\+abc123$/)
  expect(inputs).toContain('mesh/src/libp2p/create-host.ts')
  expect(inputs.filter((input) => input.includes('node_modules/@chainsafe/as-'))).toEqual([])
  const run = (...args: string[]) => spawnSync(process.execPath, [outfile, ...args], { encoding: 'utf8' })
  expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
  const context = join(folder, 'web.context')
  writeFileSync(context, '[amiconfig]\nplugins = hostname\n[hostname]\nhostname = a.example\n')
  const planned = run('plan', context, '--root', folder)
  expect(planned.stdout).toContain('host name a.example')
})

test('a bill of materials names each package whose code went in, once, and is the same for the same source', () => {
  const lock = {
    packages: {
      'node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/@s/b': { version: '2.0.0', license: 'ISC' },
      'node_modules/b/node_modules/a': { version: '1.0.0', license: 'MIT' },
      'node_modules/unused': { version: '3.0.0', license: 'MIT' },
    },
  }
  const packages = packagesOf(
    [
      'node_modules/a/x.js',
      'node_modules/a/y.js',
      'node_modules/@s/b/z.js',
      'node_modules/b/node_modules/a/x.js',
      'cli/m.ts',
    ],
    lock,
  )
  expect(packages.map(({ name }) => name)).toEqual(['@s/b', 'a'])
  const subject = { name: 'muster', version: '1.0.0', node: '24.0.0', epoch: 1 }
  const sbom = renderSbom(subject, packages)
  expect(sbom).toBe(renderSbom(subject, packages))
  expect(JSON.parse(sbom)).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'muster' } } })
  expect(sbom).toContain('pkg:npm/%40s/b@2.0.0')
})

test('versions are compared by their numbers', () => {
  expect(['2.28', '2.9', '2.2.5', '2.34'].sort(compareVersions)).toEqual(['2.2.5', '2.9', '2.28', '2.34'])
})
