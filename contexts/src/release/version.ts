/**
 * A version as releases have it: `MAJOR.MINOR.PATCH`, perhaps `-PRERELEASE`, perhaps `+BUILD`; at most 100 characters.
 *
 * @see https://semver.org, version 2.0.0
 */
export const VERSION_PATTERN =
  '^(?=.{1,100}$)(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})\\.(0|[1-9][0-9]{0,8})' +
  '(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?' +
  '(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$'

const VERSION = new RegExp(VERSION_PATTERN)

/** Whether a text is a version that can be compared. */
export function isVersion(text: string): boolean {
  return VERSION.test(text)
}

/**
 * Orders two versions as semantic versioning does: what follows `+` does not count, and a prerelease comes before the
 * version that it prepares.
 *
 * @param a - a version, see {@link isVersion}
 * @returns below 0 when `a` comes first, above 0 when `b` does, 0 when neither
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  if (left.prerelease === undefined || right.prerelease === undefined) {
    return Number(left.prerelease === undefined) - Number(right.prerelease === undefined)
  }
  return comparePrereleases(left.prerelease, right.prerelease)
}

function partsOf(version: string) {
  const [comparable = ''] = version.split('+')
  const dash = comparable.indexOf('-')
  const core = dash < 0 ? comparable : comparable.slice(0, dash)
  return {
    numbers: core.split('.').map(Number),
    prerelease: dash < 0 ? undefined : comparable.slice(dash + 1).split('.'),
  }
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  for (const [index, word] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    const difference = compareWords(word, other)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Numbers by their value and before letters; letters by their codes. */
function compareWords(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  // Without leading zeros the longer number is the larger one, however many digits there are.
  if (isNumber && a.length !== b.length) return a.length - b.length
  return a === b ? 0 : a < b ? -1 : 1
}
