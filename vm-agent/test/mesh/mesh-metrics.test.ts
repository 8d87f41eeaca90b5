import type { MeshCounts } from '@muster/mesh/node/mesh.ts'
import { renderMeshMetrics } from '@muster/vm-agent/mesh/mesh-metrics.ts'
import { expect, test } from 'vitest'

const counts: MeshCounts = {
  members: { alive: 4, suspect: 1, gone: 0, left: 2 },
  connectionsNow: 3,
  recordsNow: 9,
  recordsReceived: 100,
  recordsRefused: new Map([['malformed', 2]]),
  syncs: 5,
  syncFailures: 1,
  dials: 7,
  dialFailures: 2,
  suspicions: 1,
  refutations: 0,
  blobsServed: 0,
  blobBytesServed: 0,
  blobsFetched: 0,
  traffic: { receivedBytes: 12_345, sentBytes: 678 },
}

test('the numbers of a mesh are in the text format of Prometheus, each with its kind', () => {
  const text = renderMeshMetrics({ counts: () => counts, phase: () => ({ phase: 'member' }) })
  expect(text).toContain('# TYPE muster_mesh_is_member gauge\nmuster_mesh_is_member 1\n')
  expect(text).toContain('muster_mesh_members{status="alive"} 4\nmuster_mesh_members{status="suspect"} 1\n')
  expect(text).toContain('muster_mesh_records_refused_total{cause="malformed"} 2\n')
  expect(text).toContain('# TYPE muster_mesh_received_bytes_total counter\nmuster_mesh_received_bytes_total 12345\n')
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(?:# (?:HELP|TYPE) muster_mesh_\w+ .+|muster_mesh_\w+(?:\{\w+="[\w-]+"\})? -?\d+(?:\.\d+)?)$/,
    )
  }
})
