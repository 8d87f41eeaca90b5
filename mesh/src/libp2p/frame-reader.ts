import { MeshError } from '../fault.ts'

/** Each frame begins with its length: 4 bytes, big endian. */
export const LENGTH_BYTES = 4

/** Puts frames together from bytes as they come. */
export interface FrameReader {
  push(bytes: Uint8Array): void
  /**
   * The next whole frame; undefined until it is there.
   *
   * @throws {MeshError} too-large - the other side announces more than the limit; nothing of it is kept
   */
  take(): Uint8Array | undefined
  /** Bytes that wait, whole frames and parts of one. */
  readonly size: number
  /** Whether it stands between two frames. */
  isEmpty(): boolean
}

/** @param maxFrameBytes - asked for each frame, as the first may have another limit */
export function createFrameReader(maxFrameBytes: () => number): FrameReader {
  const chunks: Uint8Array[] = []
  let size = 0
  /** Length of the frame that is being put together, once it is known. */
  let wanted: number | undefined
  const consume = (count: number) => {
    const result = new Uint8Array(count)
    let filled = 0
    while (filled < count) {
      const first = chunks[0]
      if (first === undefined) break
      const part = first.subarray(0, count - filled)
      result.set(part, filled)
      filled += part.length
      if (part.length === first.length) chunks.shift()
      else chunks[0] = first.subarray(part.length)
    }
    size -= count
    return result
  }
  return {
    push(bytes) {
      if (bytes.length === 0) return
      chunks.push(bytes)
      size += bytes.length
    },
    take() {
      if (wanted === undefined) {
        if (size < LENGTH_BYTES) return undefined
        wanted = new DataView(consume(LENGTH_BYTES).buffer).getUint32(0)
        if (wanted > maxFrameBytes()) {
          throw new MeshError('too-large', `A frame of ${wanted} bytes; at most ${maxFrameBytes()} are read`)
        }
      }
      if (size < wanted) return undefined
      const frame = consume(wanted)
      wanted = undefined
      return frame
    },
    isEmpty: () => size === 0 && wanted === undefined,
    get size() {
      return size
    },
  }
}

/** A frame with its length in front. */
export function prefixed(frame: Uint8Array): Uint8Array {
  const whole = new Uint8Array(LENGTH_BYTES + frame.length)
  new DataView(whole.buffer).setUint32(0, frame.length)
  whole.set(frame, LENGTH_BYTES)
  return whole
}
