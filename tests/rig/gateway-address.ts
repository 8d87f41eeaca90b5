/** Locally administered; the last byte is the number of the gateway. */
const PREFIX = '02:4d:75:73:74'
const PREFIX_BYTES = Buffer.from(PREFIX.replaceAll(':', ''), 'hex')

/** Address of a gateway's card towards the others. @param gateway - number of its cloud, 1 to 255 */
export function cardAddress(gateway: number): string {
  return `${PREFIX}:${gateway.toString(16).padStart(2, '0')}`
}

/** Number of the gateway that an Ethernet frame is for; 0 when it is for none of them. */
export function gatewayOf(frame: Uint8Array): number {
  return PREFIX_BYTES.equals(frame.subarray(0, PREFIX_BYTES.length)) ? (frame[PREFIX_BYTES.length] ?? 0) : 0
}
