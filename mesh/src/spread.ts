/**
 * A number from 0 up to, not including, 1 that depends on the texts only: chance for pure functions. Different members
 * choose differently because their own name is among the texts, and a replay chooses the same again.
 *
 * Not for secrets, and whoever may choose its name may choose its number.
 *
 * @see Fowler, Noll, Vo, FNV-1a, 32 bits; finished by the mixing step of MurmurHash3
 */
export function spread(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const part of parts) {
    const text = String(part)
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    // Between two parts, so that ('ab', 'c') and ('a', 'bc') differ.
    hash = Math.imul(hash ^ 0x1f, 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** `amount`, up to a share more or less, by the texts. @param share - 0 to 1 */
export function jittered(amount: number, share: number, ...parts: readonly (string | number)[]): number {
  return Math.round(amount * (1 - share + 2 * share * spread(...parts)))
}
