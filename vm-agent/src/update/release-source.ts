/** Where releases come from. Nothing of what it gives is believed before it was checked. */
export interface ReleaseSource {
  /** For people, for example an address. */
  readonly name: string
  /**
   * The signed text of a channel.
   *
   * @throws {UpdateError} unreachable, no-channel
   */
  channel(channel: string, signal: AbortSignal): Promise<string>
  /**
   * A file from some byte on.
   *
   * @param from - how many bytes are there already; less than the file has
   * @throws {UpdateError} unreachable
   */
  file(sha256: string, from: number, signal: AbortSignal): Promise<FilePart>
}

/** The rest of a file. */
export interface FilePart {
  /** Where it begins: what was asked for, or 0 when the source cannot leave out anything. */
  readonly from: number
  readonly pieces: AsyncIterable<Uint8Array>
}
