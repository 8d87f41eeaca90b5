import { argon2, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Random } from '@muster/runtime/random.ts'

/** Turns passwords into what the store keeps, slowly on purpose. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** False too for a stored text that is not a hash. */
  verify(password: string, stored: string): Promise<boolean>
}

/** Cost of one hash. */
export interface Argon2Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

/** @see OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB */
export const DEFAULT_ARGON2_COST: Argon2Cost = { memoryKiB: 19_456, passes: 2, parallelism: 1 }

const TAG_BYTES = 32
const SALT_BYTES = 16

/**
 * Creates the argon2id hasher. Hashes wait for each other beyond one a CPU, so that sign-ins cannot take all memory.
 * The stored form is the usual `$argon2id$v=19$m=…,t=…,p=…$salt$tag`, so the cost may change later.
 */
export function createArgon2Hasher(random: Random, cost: Argon2Cost = DEFAULT_ARGON2_COST): PasswordHasher {
  const inTurn = createTurns(availableParallelism())
  return {
    async hash(password) {
      const salt = Buffer.from(random.bytes(SALT_BYTES))
      const tag = await inTurn(() => derive(password, salt, TAG_BYTES, cost))
      const { memoryKiB, passes, parallelism } = cost
      return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`
    },
    async verify(password, stored) {
      const parts = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([^$]{1,100})\$([^$]{1,200})$/.exec(stored)
      if (parts === null) return false
      const [, memory, passes, parallelism, salt = '', tag = ''] = parts
      const expected = Buffer.from(tag, 'base64')
      const storedCost = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
      const found = await inTurn(() => derive(password, Buffer.from(salt, 'base64'), expected.length, storedCost))
      return timingSafeEqual(found, expected)
    },
  }
}

function derive(password: string, nonce: Buffer, tagLength: number, cost: Argon2Cost): Promise<Buffer> {
  const { memoryKiB: memory, passes, parallelism } = cost
  const message = password.normalize('NFKC')
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, parallelism, tagLength, memory, passes }, (error, tag) => {
      if (error === null) resolve(tag)
      else reject(error)
    })
  })
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** Lets at most `width` tasks run at once; the others wait in order. */
function createTurns(width: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running < width) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
