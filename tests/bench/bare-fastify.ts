import Fastify from 'fastify'

// A Fastify with one route and nothing else: what the coordinator's framework alone costs. Prints its address.
const app = Fastify()
app.get('/livez', () => ({ status: 'ok' }))
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
