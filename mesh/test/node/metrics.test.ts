import { expect, test } from 'vitest'
import type { MeshCounts } from '../../src/node/mesh.ts'
import { meshMetrics, renderMetrics } from '../../src/node/metrics.ts'

const COUNTS: MeshCounts = {
  members: { alive: 3, suspect: 1, gone: 0, left: 2 },
  connectionsNow: 4,
  recordsNow: 9,
  recordsReceived: 100,
  recordsRefused: new Map([['record-forged', 5]]),
  syncs: 7,
  syncFailures: 1,
  dials: 8,
  dialFailures: 2,
  suspicions: 1,
  refutations: 1,
  blobsServed: 0,
  blobBytesServed: 0,
  blobsFetched: 0,
  traffic: { receivedBytes: 1000, sentBytes: 2000 },
}

test('the counts of a mesh become lines that Prometheus reads', () => {
  const text = renderMetrics(meshMetrics(COUNTS, { cluster: 'a "b"\\' }))
  expect(text).toContain('# TYPE cvm_mesh_members gauge\n')
  expect(text).toContain('cvm_mesh_members{cluster="a \\"b\\"\\\\",status="alive"} 3\n')
  expect(text).toContain('cvm_mesh_refused_total{cluster="a \\"b\\"\\\\",cause="record-forged"} 5\n')
  expect(text).toContain('direction="sent"} 2000\n')
})

test('each metric has one name, a help and a unit or a count', () => {
  const metrics = meshMetrics(COUNTS)
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length)
  for (const { name, type } of metrics) expect(name.endsWith('_total'), name).toBe(type === 'counter')
})
