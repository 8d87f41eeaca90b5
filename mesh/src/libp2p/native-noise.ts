import type { ConnectionEncrypter } from '@libp2p/interface'
import { type ICryptoInterface, type NoiseComponents, noise } from '@libp2p/noise'
import { defaultCrypto, nodeCrypto } from '@libp2p/noise/crypto'

/**
 * The ciphers of noise by the machine's own library, for messages of all sizes. By default small ones go through
 * WebAssembly: faster by microseconds, at the price of another compiler and its memory in each process.
 */
export const NATIVE_CIPHERS: ICryptoInterface = {
  ...defaultCrypto,
  chaCha20Poly1305Encrypt: nodeCrypto.chaCha20Poly1305Encrypt,
  chaCha20Poly1305Decrypt: nodeCrypto.chaCha20Poly1305Decrypt,
}

/** Noise with {@link NATIVE_CIPHERS}; on the wire it is the same. */
export function nativeNoise(): (components: NoiseComponents) => ConnectionEncrypter {
  return noise({ crypto: NATIVE_CIPHERS })
}
