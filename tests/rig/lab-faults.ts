/** What is wrong with the network of a lab. */
export interface LabFaults {
  /** Share of packets that do not arrive at a host, 0 to 1. */
  loss: number
  /** Nothing passes between clouds. */
  isSplit: boolean
  /** Names of hosts. */
  readonly unplugged: Set<string>
  /** Addresses that are not heard, by name of the host. */
  readonly deaf: Map<string, Set<string>>
}

/** None. */
export function createLabFaults(): LabFaults {
  return { loss: 0, isSplit: false, unplugged: new Set(), deaf: new Map() }
}

/** Ends all of them. */
export function endFaults(faults: LabFaults): void {
  faults.loss = 0
  faults.isSplit = false
  faults.unplugged.clear()
  faults.deaf.clear()
}

/** Rules of a host. Everything at once, so that a change of faults is one step for the kernel. */
export function hostRules(host: string, { loss, unplugged, deaf }: LabFaults): string {
  const rules: string[] = []
  if (unplugged.has(host)) rules.push('iifname eth0 drop')
  for (const address of deaf.get(host) ?? []) rules.push(`ip saddr ${address} drop`)
  if (loss >= 1) rules.push('iifname eth0 drop')
  else if (loss > 0) rules.push(`iifname eth0 numgen random mod 10000 < ${Math.ceil(loss * 9_999)} drop`)
  const out = unplugged.has(host) ? ['oifname eth0 drop'] : []
  return tableOf([
    ['input', rules],
    ['output', out],
  ])
}

/** Rules of the gateway of a cloud. */
export function gatewayRules({ isBehindNat }: { readonly isBehindNat: boolean }, { isSplit }: LabFaults): string {
  // Only what crosses the link: the kernel may show here what the bridge passes on as well.
  const forward = isSplit
    ? ['iifname wan drop', 'oifname wan drop']
    : isBehindNat
      ? ['iifname wan ct state new drop']
      : []
  const nat = 'chain nat { type nat hook postrouting priority 100; oifname wan masquerade; }'
  return tableOf([['forward', forward]], isBehindNat ? nat : '')
}

function tableOf(chains: readonly (readonly [hook: string, rules: readonly string[]])[], more = ''): string {
  const texts = chains.map(
    ([hook, rules]) =>
      `chain ${hook} { type filter hook ${hook} priority 0; ${rules.map((rule) => `${rule}; `).join('')}}`,
  )
  return `table inet faults\ndelete table inet faults\ntable inet faults {\n${[...texts, more].join('\n')}\n}\n`
}
