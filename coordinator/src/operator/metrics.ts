import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What the coordinator counts; labels come from closed lists, never ids. */
export interface Metrics {
  request(labels: { readonly method: string; readonly route: string; readonly status: number }, seconds: number): void
  pairing(
    outcome: 'issued' | 'claimed' | 'wrong-pin' | 'rejected' | 'completed' | 'burned' | 'expired' | 'timed-out',
  ): void
  refusedClaim(reason: 'unknown' | 'limited'): void
  signIn(outcome: 'done' | 'wrong' | 'limited'): void
  /** Streams that are open now. */
  streams(change: 1 | -1): void
  /** Long polls that wait now. */
  waiting(change: 1 | -1): void
  /** Files of releases that are sent now. */
  downloads(change: 1 | -1): void
  /** The exposition format of Prometheus. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

const PREFIX = 'muster_coordinator_'

/**
 * Creates the metrics of one server, on a registry of their own.
 *
 * @param options - `hasProcessMetrics` adds those of the process: memory, processor time, event loop
 */
export function createMetrics(options: { readonly hasProcessMetrics: boolean }): Metrics {
  const registry = new Registry()
  if (options.hasProcessMetrics) collectDefaultMetrics({ register: registry, prefix: PREFIX })
  const registers = [registry]
  const requests = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Time from request to answer; long polls are left out',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  })
  const counter = <Label extends string>(name: string, help: string, label: Label) =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames: [label], registers })
  const pairings = counter('pairings_total', 'Pairings by what became of them', 'outcome')
  const refused = counter('claims_refused_total', 'Claims that found no pairing or were over a limit', 'reason')
  const signIns = counter('sign_ins_total', 'Sign-ins by outcome', 'outcome')
  const streams = new Gauge({ name: `${PREFIX}event_streams`, help: 'Open event streams', registers })
  const waiting = new Gauge({ name: `${PREFIX}waiting_requests`, help: 'Long polls that wait', registers })
  const downloads = new Gauge({ name: `${PREFIX}downloads`, help: 'Files of releases that are being sent', registers })
  return {
    request: ({ method, route, status }, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    pairing: (outcome) => pairings.inc({ outcome }),
    refusedClaim: (reason) => refused.inc({ reason }),
    signIn: (outcome) => signIns.inc({ outcome }),
    streams: (change) => streams.inc(change),
    waiting: (change) => waiting.inc(change),
    downloads: (change) => downloads.inc(change),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
