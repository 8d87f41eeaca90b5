import type { Mesh, MeshCounts } from '@muster/mesh/node/mesh.ts'

type Row = readonly [name: string, kind: 'gauge' | 'counter', help: string, value: (counts: MeshCounts) => number]

const ROWS: readonly Row[] = [
  ['connections', 'gauge', 'Connections to other members now.', (one) => one.connectionsNow],
  ['records', 'gauge', 'Records that are known now.', (one) => one.recordsNow],
  ['records_received_total', 'counter', 'Records that came in.', (one) => one.recordsReceived],
  ['syncs_total', 'counter', 'Comparisons with another member.', (one) => one.syncs],
  ['sync_failures_total', 'counter', 'Comparisons that broke off.', (one) => one.syncFailures],
  ['dials_total', 'counter', 'Tries to connect.', (one) => one.dials],
  ['dial_failures_total', 'counter', 'Tries to connect that failed.', (one) => one.dialFailures],
  ['suspicions_total', 'counter', 'Members suspected from here.', (one) => one.suspicions],
  ['refutations_total', 'counter', 'Suspicions of this member that it refuted.', (one) => one.refutations],
  ['blobs_served_total', 'counter', 'Blobs given to others.', (one) => one.blobsServed],
  ['blob_served_bytes_total', 'counter', 'Bytes of blobs given to others.', (one) => one.blobBytesServed],
  ['blobs_fetched_total', 'counter', 'Blobs fetched from others.', (one) => one.blobsFetched],
  ['received_bytes_total', 'counter', 'Bytes that came in.', (one) => one.traffic.receivedBytes],
  ['sent_bytes_total', 'counter', 'Bytes that went out.', (one) => one.traffic.sentBytes],
]

/** The numbers of a mesh in the text format of Prometheus. Labels are words of this program: nothing needs quoting. */
export function renderMeshMetrics(mesh: Pick<Mesh, 'counts' | 'phase'>): string {
  const counts = mesh.counts()
  const isMember = mesh.phase().phase === 'member' ? 1 : 0
  return [
    ...family('is_member', 'gauge', 'Whether this machine is a member now.', [['', isMember]]),
    ...family('members', 'gauge', 'Members by state, as seen from here.', labeled('status', counts.members)),
    ...family(
      'records_refused_total',
      'counter',
      'Records that were not accepted, by cause.',
      labeled('cause', Object.fromEntries(counts.recordsRefused)),
    ),
    ...ROWS.flatMap(([name, kind, help, value]) => family(name, kind, help, [['', value(counts)]])),
    '',
  ].join('\n')
}

function family(
  name: string,
  kind: Row[1],
  help: string,
  values: readonly (readonly [labels: string, value: number])[],
): readonly string[] {
  const full = `muster_mesh_${name}`
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${kind}`,
    ...values.map(([labels, value]) => `${full}${labels} ${value}`),
  ]
}

function labeled(label: string, values: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(values).map(([name, value]) => [`{${label}="${name}"}`, value])
}
