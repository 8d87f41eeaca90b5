import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestText } from '../../src/context/digest.ts'
import { MAX_RESOURCES, planContext } from '../../src/plan/plan-context.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { FACTS } from '../example-facts.ts'
import { planText } from '../plugins/plan-text.ts'

function rsaKey(index: number): string {
  const material = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from(`ssh-rsa${index}`)])
  return `ssh-rsa ${material.toString('base64')}`
}

describe('the plan of a context', () => {
  it('has the digest of the text, and the script first or last', () => {
    for (const [line, index] of [
      ['#!/bin/sh.before', 0],
      ['#!/bin/sh', -1],
    ] as const) {
      const text = `${line}\necho hi\nexit 3\n[cernvm]\nusers=u:u:$6$s$h\n`
      const { plan } = planContext(decodeContext(text), FACTS)
      expect(plan?.contextDigest).toBe(digestText(text))
      const script = plan?.resources.at(index)
      expect(script).toMatchObject({ kind: 'script', timeoutSeconds: 600, onFailure: 'continue' })
      expect(script?.kind === 'script' && script.text.reveal()).toBe(`${line}\necho hi\nexit 3\n`)
      expect(script?.kind === 'script' && script.digest).toBe(digestText(`${line}\necho hi\nexit 3\n`))
    }
  })

  it('has no script of a kind that is not run', () => {
    expect(planText('#!/usr/bin/python\nexit\n').of('script')).toEqual([])
  })

  it('does not exist after an error, and all problems are told at once', () => {
    const text = '[amiconfig]\nplugins=sqiud\n[cernvm]\nusers=a\nenvironment=b\n  c\n[cernmv]\n'
    const { plan, diagnostics } = planContext(decodeContext(text), FACTS)
    expect(plan).toBeUndefined()
    expect(diagnostics.map((one) => `${one.span.start.line}:${one.severity}:${one.code}`)).toEqual([
      '2:warning:unknown-plugin',
      '4:error:invalid-value',
      '5:error:invalid-value',
      '6:warning:line-indented',
      '7:warning:unknown-section',
    ])
  })

  it('takes warnings as errors when strict, and leaves notes alone', () => {
    const warned = decodeContext('[cernvm]\nkeybord=us\n')
    expect(planContext(warned, FACTS).plan).toBeDefined()
    expect(planContext(warned, FACTS, { isStrict: true })).toMatchObject({
      plan: undefined,
      diagnostics: [{ severity: 'error', code: 'unknown-key' }],
    })
    const noted = decodeContext('[cernvm]\nconfig_url=x\n')
    expect(planContext(noted, FACTS, { isStrict: true }).plan).toBeDefined()
  })

  it('does not exist for a sealed text', () => {
    expect(planContext(decodeContext('ENCRYPTED:abc'), FACTS).plan).toBeUndefined()
  })

  it('warns about sections that nobody reads', () => {
    const rows: readonly (readonly [text: string, code: string | undefined, hint?: string])[] = [
      ['[squid]\ncache_dir_size=1\n', 'section-not-used', 'Write plugins=squid in the section [amiconfig].'],
      ['[condor]\nx=1\n', 'section-not-used'],
      ['[rpath]\nrap-password=x\n', 'section-not-used'],
      ['[cernmv]\nx=1\n', 'unknown-section', 'Did you mean "cernvm"?'],
      ['[amiconfig]\nplugins=squid\n[squid]\n', undefined],
      ['[amiconfig]\nplugins=condor\n[condor]\nx=1\n', 'plugin-not-available'],
    ]
    for (const [text, code, hint] of rows) {
      const { diagnostics } = planText(text)
      expect(
        diagnostics.map((one) => one.code),
        text,
      ).toEqual(code === undefined ? [] : [code])
      if (hint !== undefined) expect(diagnostics[0]?.hint, text).toBe(hint)
    }
  })

  it('is bounded', () => {
    const users = (count: number): string =>
      Array.from({ length: count }, (_, index) => `u${index}:g${index}:`).join(',')
    expect(planText(`[cernvm]\nusers=${users(999)}\n`).resources.length).toBeGreaterThan(2900)
    expect(planText(`[cernvm]\nusers=${users(1001)}\n`).codes).toContain('error:invalid-value')
    const publicKeys = Array.from({ length: MAX_RESOURCES }, (_, index) => rsaKey(index))
    const { resources, diagnostics } = planText('', { metadata: { publicKeys } })
    expect(resources).toEqual([])
    expect(diagnostics).toMatchObject([{ severity: 'error', code: 'too-many-resources' }])
  })

  it('tells a bounded number of problems for a context of unknown names', () => {
    const sections = Array.from({ length: 40_000 }, (_, index) => `[condro${index}]`).join('\n')
    const names = Array.from({ length: 40_000 }, (_, index) => `sqiud${index}`).join(' ')
    const { diagnostics } = planText(`[amiconfig]\nplugins=${names}\n${sections}\n`)
    expect(diagnostics.length).toBeLessThan(1100)
  })

  it('of endless lists does not exist, is told soon, and is bounded', () => {
    const keys = ['users', 'environment', 'services', 'repositories', 'extra_repositories', 'organisations']
    for (const [section, key, entry] of [
      ...keys.map((one) => ['cernvm', one, 'a b|:,'] as const),
      ['cernvm', 'users', 'a:b:c,'] as const,
      ['cernvm', 'desktop_icons', 'a%'] as const,
      ['squid', 'backends', 'a b,'] as const,
    ]) {
      const list = entry.repeat(Math.floor(1_000_000 / entry.length))
      const started = performance.now()
      const { plan, diagnostics } = planContext(
        decodeContext(`[amiconfig]\nplugins=squid\n[${section}]\n${key}=${list}\n`),
        FACTS,
      )
      expect(plan, key).toBeUndefined()
      expect(diagnostics.length, key).toBeLessThan(1100)
      expect(performance.now() - started, key).toBeLessThan(10_000)
    }
  })

  const keys = [
    'users',
    'shell',
    'environment',
    'services',
    'repositories',
    'swap_size',
    'eos-server',
    'edition',
    'desktop_icons',
    'plugins',
    'backends',
    'x509-cert',
    'contextualization_command',
    'zzz',
  ]
  const value = fc.oneof(
    fc.constantFrom(
      'a:b:c',
      'a:a:,b:b:$6$x$y',
      'A=1,B=2',
      'sshd',
      'auto',
      '/bin/sh',
      'Desktop',
      'x,QQ==',
      'UEVN',
      'a:/bin/true',
      'squid hostname',
    ),
    fc.string({ maxLength: 20 }),
  )
  const section = fc.tuple(
    fc.constantFrom('cernvm', 'amiconfig', 'squid', 'hostname', 'nonsense'),
    fc.array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 6 }),
  )
  const text = fc
    .array(section, { maxLength: 5 })
    .map((sections) =>
      sections
        .map(([name, options]) => `[${name}]\n${options.map(([key, one]) => `${key}=${one}\n`).join('')}`)
        .join(''),
    )

  it('never fails, and is the same for the same text and facts', () => {
    fc.assert(
      fc.property(text, (input) => {
        const first = planContext(decodeContext(input), FACTS)
        expect(planContext(decodeContext(input), FACTS)).toEqual(first)
        const hasError = first.diagnostics.some((one) => one.severity === 'error')
        expect(first.plan === undefined).toBe(hasError)
        for (const { span } of first.diagnostics) {
          expect(span.start.offset).toBeLessThanOrEqual(span.end.offset)
          expect(span.end.offset).toBeLessThanOrEqual(input.length)
        }
      }),
      { numRuns: 1500, seed: 6 },
    )
  })
})
