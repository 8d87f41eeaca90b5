import { once } from 'node:events'
import { chmodSync, closeSync, constants, lstatSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs'
import { connect, type Server, type Socket } from 'node:net'
import { join } from 'node:path'

/** Name of the socket in the runtime directory. */
export const CONTROL_SOCKET = 'agent.sock'

/*
 * The kernel takes at most 107 bytes for the path of a socket, and a root may lie deeper than that. So a socket is
 * named through an open handle of its directory.
 */
function openDirectory(path: string) {
  const handle = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  return { pathOf: (name: string) => `/proc/self/fd/${handle}/${name}`, close: () => closeSync(handle) }
}

/**
 * Lets a server listen at the control socket, which its owner alone may use. The socket is made in a closed directory
 * and moved to its place, so that there is no moment in which others may connect; one that a killed agent has left is
 * replaced.
 *
 * @returns removes the socket, unless it is another one by now
 */
export async function listenAtControlSocket(server: Server, runtimeDirectory: string): Promise<() => void> {
  const path = join(runtimeDirectory, CONTROL_SOCKET)
  const closed = mkdtempSync(join(runtimeDirectory, '.control-'))
  const directory = openDirectory(closed)
  try {
    server.listen(directory.pathOf(CONTROL_SOCKET))
    await once(server, 'listening')
    chmodSync(join(closed, CONTROL_SOCKET), 0o600)
    renameSync(join(closed, CONTROL_SOCKET), path)
  } catch (error) {
    server.close()
    directory.close()
    throw error
  } finally {
    rmSync(closed, { recursive: true, force: true })
  }
  const own = lstatSync(path).ino
  return () => {
    // The handle lives as long as the server, which removes what it has made by this name.
    directory.close()
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === own) rmSync(path, { force: true })
  }
}

/** Connects to the agent that listens there. @throws what the system call throws */
export async function connectToControlSocket(runtimeDirectory: string, signal: AbortSignal): Promise<Socket> {
  const directory = openDirectory(runtimeDirectory)
  try {
    const socket = connect({ path: directory.pathOf(CONTROL_SOCKET) })
    await once(socket, 'connect', { signal })
    return socket
  } finally {
    directory.close()
  }
}
