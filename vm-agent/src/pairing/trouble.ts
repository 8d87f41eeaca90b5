/**
 * Why the coordinator could not be used.
 *
 * `no-network` this machine has no address yet · `dns` its name is not known · `refused` nothing listens there · `unreachable` no route · `timeout` no answer in time ·
 * `tls` its certificate is not accepted · `clock` its certificate is not valid at the time of this machine's clock ·
 * `proxy` a proxy in between wants or says something · `server` it answers with an error of its own (5xx) ·
 * `busy` it asks to come later (429) · `refuses` it does not accept what this agent asks (other 4xx) ·
 * `not-muster` something else answers at that address · `unknown` anything else
 */
export type TroubleCause =
  | 'no-network'
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'tls'
  | 'clock'
  | 'proxy'
  | 'server'
  | 'busy'
  | 'refuses'
  | 'not-muster'
  | 'unknown'

/** One failure of a call to the coordinator, for people. */
export interface Trouble {
  readonly cause: TroubleCause
  /** One sentence of what was seen; no secrets. */
  readonly detail: string
  /** Wait that the coordinator asked for. */
  readonly retryAfterMs?: number
}

/** What a person at the machine can do about each cause. */
export const TROUBLE_HINTS: Readonly<Record<TroubleCause, string>> = {
  'no-network': 'Check the network cable or virtual network, and that something there gives addresses (DHCP).',
  dns: 'Check the name of the coordinator, and the DNS servers in /etc/resolv.conf.',
  refused: 'Check address and port, and that the coordinator runs.',
  unreachable: 'Check the network cable or virtual network, and the default route.',
  timeout: 'Check the network, and firewalls on the way to the coordinator.',
  tls: "Install the authority's certificate, or correct the coordinator's address.",
  clock: 'Set the clock of this machine (date, NTP): the certificate is not valid at this time.',
  proxy: 'Check the proxy settings, and that the network lets this machine through without a login page.',
  server: 'Nothing to do here: the coordinator has a problem; ask its operator.',
  busy: 'Nothing to do here: too many machines ask at once, this one waits its turn.',
  refuses: 'Check that agent and coordinator have fitting versions.',
  'not-muster': 'Check the address, and whether the network answers with a login page of its own.',
  unknown: 'See the log of the agent for details.',
}
