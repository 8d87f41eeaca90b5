import { describe, expect, test } from 'vitest'
import type { PlaceholderSource } from '../../src/plan/placeholders.ts'
import { planContext } from '../../src/plan/plan-context.ts'
import type { Resource } from '../../src/plan/resource.ts'
import { Secret } from '../../src/secret.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { FACTS } from '../example-facts.ts'

const JOIN = `[muster]
cluster=c
coordinator=12D3KooWEMFWm9FDxaHbXGrFXXKtbN7WBvVszyqtdYRCDRKrhRQz
issuer=12D3KooWQJX2nF5vTf7gEu1kWMBPDQa7pVq9h9Cs7uLKXFZ8Mgsb
addresses=/ip4/192.0.2.7/tcp/4001
token=0123456789abcdefghijABCDEFGHIJ0123456789abc
`

function cluster(values: Readonly<Record<string, string>>, known: readonly string[] = []): PlaceholderSource {
  return { kind: 'cluster', values: new Map(Object.entries(values)), known: [...Object.keys(values), ...known] }
}

function planWith(text: string, placeholders: PlaceholderSource, isStrict = false) {
  const result = planContext(decodeContext(text), FACTS, { placeholders, isStrict })
  const codes = result.diagnostics.map(({ severity, code }) => `${severity}:${code}`)
  return { ...result, codes, resources: result.plan?.resources ?? [] }
}

function textOf(resources: readonly Resource[], path: string): string {
  for (const one of resources) {
    if (one.kind !== 'file' || one.path !== path) continue
    return one.content instanceof Secret ? one.content.reveal() : new TextDecoder().decode(one.content)
  }
  return ''
}

function scriptOf(resources: readonly Resource[]) {
  return resources.find((one) => one.kind === 'script')
}

const SQUID = '[amiconfig]\nplugins=squid\n[squid]\nbackends={{service.head.address}}, other.example.org\n'
const SQUID_FILE = '/etc/squid/cernvm.conf'

describe('a placeholder in an option', () => {
  test('is replaced before the plugin reads the value', () => {
    const { resources, codes, values, waitingFor } = planWith(SQUID, cluster({ 'service.head.address': '10.1.2.3' }))
    expect(textOf(resources, SQUID_FILE)).toContain('acl backend dst 10.1.2.3\nacl backend dst other.example.org\n')
    expect(codes).toEqual([])
    expect([...values]).toEqual([['service.head.address', '10.1.2.3']])
    expect(waitingFor).toEqual([])
  })

  test('leaves the digest of the context as it is written', () => {
    const digests = ['10.1.2.3', '10.1.2.4'].map(
      (address) => planWith(SQUID, cluster({ 'service.head.address': address })).plan?.contextDigest,
    )
    expect(digests[0]).toBe(digests[1])
  })

  test('of the old form is the address of the first fixed service', () => {
    const text = SQUID.replace('{{service.head.address}}', '###MASTER_IP_PLACEHOLDER###')
    const { resources } = planWith(text, cluster({ 'first-service.address': '10.9.9.9' }))
    expect(textOf(resources, SQUID_FILE)).toContain('dst 10.9.9.9\n')
  })

  test('may ask for the machine itself, in a cluster or not', () => {
    const text = SQUID.replace('{{service.head.address}}', '{{self.name}},{{self.address}}')
    expect(textOf(planWith(text, { kind: 'no-cluster' }).resources, SQUID_FILE)).toContain(
      'dst vm\nacl backend dst 10.0.0.2',
    )
    const known = planWith(text, cluster({ 'self.address': '10.7.7.7' }))
    expect(textOf(known.resources, SQUID_FILE)).toContain('dst vm\nacl backend dst 10.7.7.7')
  })

  test('keeps later problems of the value at the place in the text', () => {
    const text = SQUID.replace('other.example.org', 'no/host')
    const { diagnostics } = planWith(text, cluster({ 'service.head.address': 'x' }))
    const [found] = diagnostics
    expect(found).toMatchObject({ code: 'invalid-value', span: { start: { line: 4 } } })
    expect(text.slice(found?.span.start.offset, found?.span.end.offset)).toContain('no/host')
  })
})

describe('a value that the cluster does not tell yet', () => {
  test('makes the plan wait, with words and a place and without an error', () => {
    const { resources, codes, waitingFor, plan, diagnostics } = planWith(SQUID, cluster({}, ['service.head.address']))
    expect(plan).toBeDefined()
    expect(resources).toEqual([])
    expect(waitingFor).toEqual(['service head'])
    expect(codes).toEqual(['info:placeholder-unresolved'])
    expect(diagnostics[0]).toMatchObject({
      message: 'Waiting for service head',
      span: { start: { line: 4, column: 10 } },
    })
    expect(diagnostics[0]?.hint).toBeUndefined()
  })

  test('does not hide the errors of the rest', () => {
    const { plan, codes } = planWith(`${SQUID}cache_dir=relative\n`, cluster({}))
    expect(plan).toBeUndefined()
    expect(codes).toEqual(['info:placeholder-unresolved', 'error:invalid-value'])
  })

  test('of a service that the definition lacks names the one that was meant', () => {
    const { diagnostics } = planWith(SQUID, cluster({ 'service.heat.address': '1.2.3.4' }))
    expect(diagnostics[0]?.hint).toMatch(/has no such thing.*"service\.heat\.address"/)
  })

  test('does not keep the machine from joining: that part is planned', () => {
    for (const source of [cluster({}), { kind: 'no-cluster' } as const]) {
      const { resources, waitingFor } = planWith(`${SQUID}${JOIN}`, source)
      expect(resources).toMatchObject([{ kind: 'file', path: '/etc/muster/join.conf' }])
      expect(waitingFor).toEqual(['service head'])
    }
  })

  test('is an error on a machine that is in no cluster', () => {
    const { plan, codes, diagnostics } = planWith(SQUID, { kind: 'no-cluster' })
    expect(plan).toBeUndefined()
    expect(codes).toEqual(['error:placeholder-without-cluster'])
    expect(diagnostics[0]?.message).toContain('service head')
  })
})

describe('a value with characters that mean something elsewhere', () => {
  test.each(['1.2.3.4; reboot', '$(id)', 'a\nb', '', 'x'.repeat(129)])('is never put in: %j', (value) => {
    const { resources, waitingFor } = planWith(SQUID, cluster({ 'service.head.address': value }))
    expect(resources).toEqual([])
    expect(waitingFor).toEqual(['service head'])
  })
})

describe('a script', () => {
  const SCRIPT = '#!/bin/bash\necho {{service.head.http}} "{{ .State }}" {{self.py}} {{ self.name }} {{.x}}\nexit 0\n'

  test('has its placeholders replaced, and templates of others left alone', () => {
    const { resources, codes, diagnostics } = planWith(SCRIPT, cluster({ 'service.head.http': '10.1.2.3:80' }))
    const script = scriptOf(resources)
    expect(script?.text.reveal()).toBe(SCRIPT.replace('{{service.head.http}}', '10.1.2.3:80'))
    expect(script?.hasPlaceholders).toBe(true)
    expect(codes).toEqual(['warning:placeholder-unknown', 'warning:placeholder-unknown'])
    expect(diagnostics.map(({ span }) => SCRIPT.slice(span.start.offset, span.end.offset))).toEqual([
      '{{self.py}}',
      '{{ self.name }}',
    ])
    expect(diagnostics.map(({ span }) => [span.start.line, span.start.column])).toEqual([
      [2, 43],
      [2, 55],
    ])
    expect(diagnostics[1]?.hint).toBe('Write {{self.name}}, without blanks.')
  })

  test('is planned only when all is known', () => {
    expect(scriptOf(planWith(SCRIPT, cluster({})).resources)).toBeUndefined()
  })

  test('without placeholders does not depend on the cluster', () => {
    const { resources } = planWith('#!/bin/bash\necho {{.Name}} {{ self.title() }}\nexit 0\n', { kind: 'no-cluster' })
    expect(scriptOf(resources)).not.toHaveProperty('hasPlaceholders')
  })
})

describe('away from any machine', () => {
  test('a context with every placeholder is valid, also where hosts and ports are checked', () => {
    const names = ['address', 'cloud', 'name', 'service', 'slot'].map((one) => `{{self.${one}}}`)
    const text = `#!/bin/sh\necho ${names.join(' ')} {{cluster.name}} {{cluster.id}}\nexit\n[amiconfig]\nplugins=squid hostname\n[hostname]\nhostname={{self.name}}\n[squid]\nbackends={{service.a-b.address}},###MASTER_IP_PLACEHOLDER###\n[cernvm]\nproxy=http://{{service.proxy.http}};DIRECT\n`
    const { plan, diagnostics } = planContext(decodeContext(text), FACTS, { isStrict: true })
    expect(diagnostics).toEqual([])
    expect(plan).toBeDefined()
  })

  test.each(['{{service.head}}', '{{service.HEAD.address}}', '{{self.}}', '{{cluster.size}}', '{{service.a.b.c}}'])(
    '%s is no placeholder, and is told',
    (text) => {
      const { diagnostics } = planContext(decodeContext(`[cernvm]\nproxy=${text}\n`), FACTS)
      expect(diagnostics).toMatchObject([{ code: 'placeholder-unknown', span: { start: { line: 2, column: 7 } } }])
    },
  )
})

describe('the sections that come before the cluster', () => {
  test('are taken as they are written', () => {
    const { codes } = planWith('[amiconfig]\nplugins={{service.a.b}}\n', cluster({ 'service.a.b': 'squid' }))
    expect(codes).toEqual(['warning:unknown-plugin'])
    const joined = planWith(JOIN.replace('cluster=c', 'cluster={{cluster.id}}'), cluster({ 'cluster.id': 'c' }))
    expect(joined.codes).toEqual(['error:invalid-value'])
  })
})
