import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { until } from '../until.ts'
import type { RigHost } from './rig-host.ts'

/** A way from this process to a loopback port of a host. */
export interface Window {
  /** Loopback port of this process that leads there. */
  readonly port: number
  close(): Promise<void>
}

/** Passes connections from a socket in the file system, which namespaces share, to a port. */
const PASS_ON = `
const net = require('net')
const [path, port] = process.argv.slice(1)
net.createServer((near) => {
  const far = net.connect(Number(port), '127.0.0.1')
  near.pipe(far).pipe(near)
  near.on('error', () => far.destroy())
  far.on('error', () => near.destroy())
}).listen(path, () => console.log('open'))`

/**
 * Opens a way into a host whose network this process does not reach.
 *
 * @param path - of a socket that is made
 */
export async function openWindow(host: RigHost, port: number, path: string): Promise<Window> {
  const program = host.start(process.execPath, ['-e', PASS_ON, path, `${port}`])
  await until('a window into a host', () => (program.stdout().includes('open') ? true : undefined))
  const server = createServer((near) => {
    const far = connect(path)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port was given')
  return {
    port: address.port,
    async close() {
      server.close()
      await program.stop()
    },
  }
}
