/** What makers of boards and hypervisors leave where each machine should have a number of its own. */
const SHARED: ReadonlySet<string> = new Set([
  '00020003-0004-0005-0006-000700080009',
  '03000200-0400-0500-0006-000700080009',
  '01020304-0506-0708-090a-0b0c0d0e0f10',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
])

/**
 * UUID that a hypervisor or board maker gave to one machine, lower case. Undefined for words in its place
 * (`Not Settable`), for one digit repeated (all zeros, all ones), and for those that many machines share.
 *
 * @param text - content of `/sys/class/dmi/id/product_uuid`
 */
export function decodeProductUuid(text: string | undefined): string | undefined {
  const uuid = text?.trim().toLowerCase() ?? ''
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return undefined
  const digits = uuid.replaceAll('-', '')
  return /^(.)\1+$/.test(digits) || /^(..)\1+$/.test(digits) || SHARED.has(uuid) ? undefined : uuid
}

/**
 * Whether two UUIDs are of one machine: firmware and kernels have disagreed on the order of the bytes in the first
 * three groups, so a newer hypervisor may show the same number the other way round.
 */
export function isSameProductUuid(left: string, right: string): boolean {
  return left === right || left === swapped(right)
}

function swapped(uuid: string): string {
  const [first = '', second = '', third = '', ...rest] = uuid.split('-')
  return [first, second, third]
    .map((group) => (group.match(/../g) ?? []).reverse().join(''))
    .concat(rest)
    .join('-')
}
