import type { Secret } from '@muster/contexts/secret.ts'
import type { Random } from '@muster/runtime/random.ts'
import { encrypt } from 'unixcrypt'

const SALT_LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Longest salt of SHA-crypt. */
const SALT_LENGTH = 16
/** 24 letters of 64 are 144 bits. */
const DRAWN_LENGTH = 24
/** More rounds than this in a stored hash would keep the machine busy for minutes; such a hash counts as different. */
const MAX_ROUNDS = 1_000_000

/** SHA-512 crypt (`$6$`) of a password with a random salt and the default 5000 rounds. */
export function hashPassword(password: Secret, random: Random): string {
  return encrypt(password.reveal(), `$6$${drawLetters(random, SALT_LENGTH)}`)
}

/** Whether a stored hash is of this password; false also for kinds of hash that cannot be recomputed here. */
export function isHashOf(hash: string, password: Secret): boolean {
  const match = /^(\$[56]\$(?:rounds=(\d{1,9})\$)?[^$:]{0,16})\$[./0-9A-Za-z]+$/.exec(hash)
  if (match?.[1] === undefined || Number(match[2] ?? 0) > MAX_ROUNDS) return false
  return encrypt(password.reveal(), match[1]) === hash
}

/** Whether a password field lets nobody in by password. */
export function isLocked(field: string): boolean {
  return field === '' ? false : /^[!*]/.test(field)
}

/** Whether an account has a password at all: neither locked, nor empty, nor a place holder. */
export function hasPassword(field: string | undefined): boolean {
  return field !== undefined && field !== '' && field !== 'x' && !isLocked(field)
}

/** A hash of a password that nobody knows. */
export function hashOfDrawnPassword(random: Random): string {
  return encrypt(drawLetters(random, DRAWN_LENGTH), `$6$${drawLetters(random, SALT_LENGTH)}`)
}

function drawLetters(random: Random, length: number): string {
  return Array.from({ length }, () => SALT_LETTERS[random.integer(SALT_LETTERS.length)]).join('')
}
