/** The part of standard input that is used. */
export interface KeyStream {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
  resume(): unknown
  pause(): unknown
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown
  off(event: 'data', listener: (bytes: Uint8Array) => void): unknown
}

const CONTROL_C = 0x03
const CONTROL_D = 0x04

/** What keys do. */
export interface KeyActions {
  /** `a`: spell the PIN, or draw it again. */
  toggleSpelling(): void
  /** Control-C and Control-D, which a terminal in raw mode passes on as bytes. */
  interrupt(): void
}

/** Listens to single keys of a terminal until the returned function is called; nothing when it is not a terminal. */
export function listenToKeys(stream: KeyStream, actions: KeyActions): () => void {
  if (stream.isTTY !== true || stream.setRawMode === undefined) return () => undefined
  const onData = (bytes: Uint8Array) => {
    for (const byte of bytes) {
      if (byte === CONTROL_C || byte === CONTROL_D) actions.interrupt()
      else if (String.fromCharCode(byte).toLowerCase() === 'a') actions.toggleSpelling()
    }
  }
  stream.setRawMode(true)
  stream.on('data', onData)
  stream.resume()
  return () => {
    stream.off('data', onData)
    stream.setRawMode?.(false)
    stream.pause()
  }
}
