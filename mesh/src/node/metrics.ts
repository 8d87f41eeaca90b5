import type { MeshCounts } from './mesh.ts'

/** One metric with its samples, for whatever shows metrics. */
export interface MeshMetric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly MetricSample[]
}

/** A value with what it is of. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The counts of one mesh as metrics. @param labels - added to each sample, for example the cluster */
export function meshMetrics(counts: MeshCounts, labels: Readonly<Record<string, string>> = {}): readonly MeshMetric[] {
  const by = (label: string, values: Iterable<readonly [string, number]>): readonly MetricSample[] =>
    [...values].map(([name, value]) => ({ labels: { ...labels, [label]: name }, value }))
  const one = (value: number): readonly MetricSample[] => [{ labels, value }]
  const gauge = (name: string, help: string, samples: readonly MetricSample[]): MeshMetric => ({
    name: `cvm_mesh_${name}`,
    help,
    type: 'gauge',
    samples,
  })
  const counter = (name: string, help: string, samples: readonly MetricSample[]): MeshMetric => ({
    ...gauge(name, help, samples),
    type: 'counter',
  })
  const { traffic } = counts
  const bytes = [
    ['received', traffic.receivedBytes],
    ['sent', traffic.sentBytes],
  ] as const
  return [
    gauge('members', 'Members of the cluster as this node sees them', by('status', Object.entries(counts.members))),
    gauge('connections', 'Members that this node is connected with', one(counts.connectionsNow)),
    gauge('records', 'Records that are held', one(counts.recordsNow)),
    counter('records_received_total', 'Records that came in on topics', one(counts.recordsReceived)),
    counter(
      'refused_total',
      'Records, certificates and peers that were not accepted',
      by('cause', counts.recordsRefused),
    ),
    counter('syncs_total', 'Exchanges with members that this node opened and ended', one(counts.syncs)),
    counter('sync_failures_total', 'Exchanges with members that broke off', one(counts.syncFailures)),
    counter('dials_total', 'Dials that were begun', one(counts.dials)),
    counter('dial_failures_total', 'Dials that ended without a connection', one(counts.dialFailures)),
    counter('suspicions_total', 'Members that came under suspicion', one(counts.suspicions)),
    counter('refutations_total', 'Members that were cleared of suspicion', one(counts.refutations)),
    counter('blobs_served_total', 'Blobs that were given to others', one(counts.blobsServed)),
    counter('blob_served_bytes_total', 'Bytes of blobs that were given to others', one(counts.blobBytesServed)),
    counter('blobs_fetched_total', 'Blobs that were got from others', one(counts.blobsFetched)),
    counter('traffic_bytes_total', 'Bytes on the network, of all clusters of this process', by('direction', bytes)),
  ]
}

/** Metrics in the text format of Prometheus. @see prometheus.io/docs/instrumenting/exposition_formats, 0.0.4 */
export function renderMetrics(metrics: readonly MeshMetric[]): string {
  return metrics
    .flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

function renderLabels(labels: MetricSample['labels']): string {
  const entries = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`)
  return entries.length === 0 ? '' : `{${entries.join(',')}}`
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
