import { describe, expect, test } from 'vitest'
import { decodeClusterFile } from '../../src/cluster/definition-file.ts'

const EXAMPLE = `apiVersion: muster/v1
kind: Cluster
metadata: { name: analysis, description: HTCondor with a local cache }
services:
  - { name: proxy,  type: fixed, placement: perCloud,  count: 1, context: squid@1,       flavor: { cpus: 1, memoryMiB: 2048 }, provides: [{ name: http, port: 3128, probe: { type: tcp } }] }
  - { name: head,   type: fixed, placement: singleton, count: 1, context: condor-head@2, dependsOn: [proxy], demand: { source: htcondor }, provides: [{ name: collector, port: 9618 }] }
  - { name: worker, type: scalable, min: 0, max: 100, slotsPerVm: 4, idleSeconds: 300, context: condor-worker@2, dependsOn: [proxy, head] }
clouds:
  - { agent: cern-openstack, weight: 3 }
  - { agent: aws, weight: 1, max: 20 }
`

const lines = (text: string) =>
  decodeClusterFile(text).diagnostics.map(
    ({ severity, span, message, hint }) =>
      `${span.start.line}:${span.start.column} ${severity} ${message}${hint ? ` (${hint})` : ''}`,
  )

describe('the definition file of a cluster', () => {
  test('is read whole, with what later parts need', () => {
    const { cluster, diagnostics } = decodeClusterFile(EXAMPLE)
    expect(diagnostics).toEqual([])
    expect(cluster).toEqual({
      name: 'analysis',
      description: 'HTCondor with a local cache',
      services: [
        {
          name: 'proxy',
          kind: 'per-cloud',
          count: 1,
          context: 'squid@1',
          flavor: { cpus: 1, memoryMiB: 2048 },
          provides: [{ name: 'http', port: 3128, probe: { type: 'tcp' } }],
        },
        {
          name: 'head',
          kind: 'singleton',
          count: 1,
          context: 'condor-head@2',
          dependsOn: ['proxy'],
          demand: { source: 'htcondor' },
          provides: [{ name: 'collector', port: 9618 }],
        },
        {
          name: 'worker',
          kind: 'scalable',
          min: 0,
          max: 100,
          slotsPerVm: 4,
          idleSeconds: 300,
          context: 'condor-worker@2',
          dependsOn: ['proxy', 'head'],
        },
      ],
      clouds: [
        { name: 'cern-openstack', weight: 3 },
        { name: 'aws', weight: 1, max: 20 },
      ],
    })
  })

  test('may be JSON', () => {
    const text = JSON.stringify({
      apiVersion: 'muster/v1',
      kind: 'Cluster',
      metadata: { name: 'one' },
      services: [{ name: 'web', type: 'fixed' }],
      clouds: [{ agent: 'here' }],
    })
    expect(decodeClusterFile(text).cluster).toEqual({
      name: 'one',
      services: [{ name: 'web', kind: 'singleton' }],
      clouds: [{ name: 'here' }],
    })
  })

  test('tells everything that is wrong, each at its place, and warns of keys that nothing reads', () => {
    const text = `apiVersion: muster/v2
kind: Cluster
metadata: { name: Analysis }
services:
  - name: web
    type: fixed
    placment: perCloud
    provides: [{ name: http, port: 70000 }]
  - name: worker
    type: elastic
clouds:
  - agent: north
    wieght: 3
`
    expect(lines(text)).toEqual([
      '1:13 error apiVersion must be muster/v1 (Write: apiVersion: muster/v1)',
      expect.stringMatching(/^3:19 error name must match pattern/),
      '7:15 warning There is no key "placment" here; it is ignored (Did you mean "placement"?)',
      '8:36 error port must be <= 65535',
      '10:11 error type must be fixed or scalable',
      '13:13 warning There is no key "wieght" here; it is ignored (Did you mean "weight"?)',
    ])
    expect(decodeClusterFile(text).cluster).toBeUndefined()
  })

  test('tells what does not fit together once every field is right', () => {
    const text = EXAMPLE.replace('dependsOn: [proxy, head]', 'dependsOn: [proxi]').replace(
      'agent: aws',
      'agent: cern-openstack',
    )
    expect(lines(text)).toEqual([
      expect.stringMatching(/^7:\d+ error There is no service "proxi" \(Did you mean "proxy"\?\)$/),
      '10:14 error Two clouds have this name',
    ])
  })

  test('is usable with a warning', () => {
    const { cluster, diagnostics } = decodeClusterFile(EXAMPLE.replace('weight: 3', 'weight: 3, color: blue'))
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning'])
    expect(cluster?.clouds[0]).toEqual({ name: 'cern-openstack', weight: 3 })
  })

  test.each([
    ['nothing', ''],
    ['a list', '- a\n- b\n'],
    ['broken YAML', 'services: [\n'],
    ['a key twice', 'kind: Cluster\nkind: Cluster\n'],
    [
      'aliases that multiply',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: [${'*b, '.repeat(20)}]\n`,
    ],
    ['too much', ' '.repeat(300_000)],
    ['no services', 'apiVersion: muster/v1\nkind: Cluster\nmetadata: { name: a }\nclouds: [{ agent: n }]\n'],
    ['texts for maps', 'apiVersion: muster/v1\nkind: Cluster\nmetadata: a\nservices: [b]\nclouds: [c]\n'],
  ])('that is %s is refused with a place', (_name, text) => {
    const { cluster, diagnostics } = decodeClusterFile(text)
    expect(cluster).toBeUndefined()
    expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
  })
})
