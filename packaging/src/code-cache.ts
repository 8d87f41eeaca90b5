import { BuildError } from './build-error.ts'
import { runTool } from './run-tool.ts'

/**
 * V8 mixes a random number into the hashes of strings, and a code cache holds them: no two are alike. With this number
 * given they are, but then V8 takes the cache only where the same number is given, since it compares a hash of its
 * flags; and a number that everyone knows invites made-up collisions. So the cache is made with the number, and gets the
 * flag hash of a V8 without. It hashes all strings anew when it loads a cache, as it has to with its random number.
 */
export const FIXED_HASH_SEED = '--hash-seed=1'

/** Start of each code cache: magic number, version, source, flags; 32-bit words. */
const FLAGS_OFFSET = 12
const MARK_BYTES = 8
const HEADER_SCRIPT = 'new vm.Script("0").createCachedData().toString("hex", 0, 16)'

/**
 * Has the one code cache in a blob accepted by a node that runs with these flags and a random hash seed.
 *
 * @param node - the very node that made the blob with the flags and {@link FIXED_HASH_SEED}
 * @throws {BuildError} when the blob does not hold exactly one such cache
 */
export function unseedCodeCache(blob: Uint8Array, node: string, flags: readonly string[]): Uint8Array {
  const made = cacheHeader(node, [...flags, FIXED_HASH_SEED])
  const wanted = cacheHeader(node, flags)
  const bytes = Buffer.from(blob)
  const mark = made.subarray(0, MARK_BYTES)
  const found: number[] = []
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    if (bytes.subarray(at + FLAGS_OFFSET, at + FLAGS_OFFSET + 4).equals(made.subarray(FLAGS_OFFSET))) found.push(at)
  }
  const [cache, ...others] = found
  if (cache === undefined || others.length > 0) {
    throw new BuildError(
      `the blob holds ${found.length} code caches instead of one`,
      'The layout of this version of Node is another: see packaging/src/code-cache.ts.',
    )
  }
  wanted.copy(bytes, cache + FLAGS_OFFSET, FLAGS_OFFSET)
  return bytes
}

function cacheHeader(node: string, flags: readonly string[]): Buffer {
  return Buffer.from(runTool(node, [...flags, '--print', HEADER_SCRIPT]).trim(), 'hex')
}
