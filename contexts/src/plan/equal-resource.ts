import { Secret } from '../secret.ts'
import type { Resource } from './resource.ts'

/** Whether two resources ask for the same, whoever asks. */
export function isEqualResource(left: Resource, right: Resource): boolean {
  return isEqual(withoutOrigin(left), withoutOrigin(right))
}

function withoutOrigin(resource: Resource): Readonly<Record<string, unknown>> {
  const { origin: _, ...rest } = resource
  return rest
}

function isEqual(left: unknown, right: unknown): boolean {
  if (left instanceof Secret) return right instanceof Secret && left.equals(right)
  if (left instanceof Uint8Array) return right instanceof Uint8Array && isEqualBytes(left, right)
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const leftEntries = Object.entries(left)
  const rightValues = new Map<string, unknown>(Object.entries(right))
  if (leftEntries.length !== rightValues.size) return false
  return leftEntries.every(([key, value]) => rightValues.has(key) && isEqual(value, rightValues.get(key)))
}

function isEqualBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
