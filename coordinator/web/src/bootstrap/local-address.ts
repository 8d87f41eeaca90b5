/** Whether only the computer itself reaches an address. */
export function isLocalAddress(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(address).hostname)
}
