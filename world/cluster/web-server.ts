import { createServer } from 'node:http'
import { stopSignals } from '@muster/runtime/signals.ts'

/**
 * The service of the demo cluster, as a program of its own: `web-server.ts ADDRESS PORT NAME` answers every path with its
 * name. Its first line on standard output says that it listens.
 */
const [address = '127.0.0.1', port = '8088', name = 'web'] = process.argv.slice(2)

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(`${name}\n`)
})
server.listen({ host: address, port: Number(port) }, () => process.stdout.write(`http://${address}:${port}/\n`))

stopSignals().drain.addEventListener('abort', () => {
  server.close()
  server.closeAllConnections()
})
