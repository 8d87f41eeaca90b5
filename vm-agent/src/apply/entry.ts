/**
 * What is at a path, without following a link. `mtimeMs` is epoch milliseconds with a fraction; `other` is a device,
 * socket or pipe, which nothing here makes.
 */
export type Entry = FileEntry | DirectoryEntry | LinkEntry | OtherEntry

/** Owner by number. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A regular file; `size` in bytes. */
export interface FileEntry extends Owner {
  readonly type: 'file'
  readonly mode: number
  readonly size: number
  readonly mtimeMs: number
}

/** A directory. */
export interface DirectoryEntry extends Owner {
  readonly type: 'directory'
  readonly mode: number
  readonly mtimeMs: number
}

/** A symbolic link; its mode means nothing. */
export interface LinkEntry extends Owner {
  readonly type: 'link'
  readonly target: string
}

/** A device, socket or pipe. */
export interface OtherEntry extends Owner {
  readonly type: 'other'
  readonly mode: number
}

/**
 * Reads one machine's file tree. All paths are canonical: absolute on the machine, without links, `.` and `..`;
 * `resolveInRoot` makes them. A path below something that is not a directory does not exist.
 */
export interface TreeReader {
  entry(path: string): Promise<Entry | undefined>
  /**
   * @param limit - bytes; a longer file is refused
   * @throws {ApplyError} too-large, not-permitted, write-failed
   */
  content(path: string, limit: number): Promise<Uint8Array>
  /** Names in a directory, sorted; none when it is missing. */
  names(path: string): Promise<readonly string[]>
}

/** Bytes of a new file: given, or written by `produce` into the (existing, empty) file at a path of this machine. */
export type NewContent = Uint8Array | { readonly size: number; readonly produce: (hostPath: string) => Promise<void> }

/**
 * One change of one directory entry; parents exist. `owner: undefined` leaves the owner to the kernel.
 *
 * `write` makes or replaces a file (never a directory) · `directory` makes one · `link` makes or replaces a symbolic
 * link (or file) · `remove` takes a file, a link or an empty directory away · `attributes` sets mode and owner of what
 * is there (the mode of a link is left)
 */
export type Mutation =
  | {
      readonly do: 'write'
      readonly path: string
      readonly content: NewContent
      readonly mode: number
      readonly owner: Owner | undefined
      readonly mtimeMs?: number
    }
  | { readonly do: 'directory'; readonly path: string; readonly mode: number; readonly owner: Owner | undefined }
  | { readonly do: 'link'; readonly path: string; readonly target: string; readonly owner: Owner | undefined }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'attributes'; readonly path: string; readonly mode: number; readonly owner: Owner | undefined }

/** Last component of a canonical path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The directory that holds a canonical path; `/` holds itself. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end <= 0 ? '/' : path.slice(0, end)
}

/** A name inside a canonical directory. */
export function childOf(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}
