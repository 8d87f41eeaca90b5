/** What may be the name of an account or group: a word that no file of accounts and no tool misreads. */
export function isAccountName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(name)
}

/** Absolute path without `..`, blanks, control characters and doubled slashes. */
export function isSafePath(path: string): boolean {
  return path.length <= 4096 && /^(?:\/[^/\s\p{Cc}]+)+$/u.test(path) && !path.split('/').includes('..')
}

/** Name of a CernVM-FS repository, short or full; it becomes a file name. */
export function isRepositoryName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/.test(name) && name.length <= 253
}

/** Host name of RFC 1123: labels of letters, digits and inner dashes, 253 characters in all. */
export function isHostName(name: string): boolean {
  return (
    name.length <= 253 &&
    name.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
  )
}

/** Host name or address, with a port if need be. */
export function isHostAndPort(text: string): boolean {
  const match = /^(\[[0-9A-Fa-f:.]{2,45}\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text)
  if (match === null) return false
  const [, host = '', port] = match
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65535)
  return isPort && (host.startsWith('[') || isHostName(host))
}

/** Name of a systemd service, without `.service`. */
export function isUnitName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9:_.@\\-]{0,127}$/.test(name)
}

/** Name of an environment variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)
}
