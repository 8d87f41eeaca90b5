import { MACHINE_SILENT_AFTER_MS, type Machine } from '@muster/contexts/wire/machines.ts'
import type { StoredMachine } from '../store/machines.ts'
import { wireTime } from '../wire-time.ts'

/** A machine as its owner sees it. @param now - epoch ms, decides whether it is online */
export function presentMachine(machine: StoredMachine, now: number): Machine {
  const { id, name, pairedAt, lastSeenAt, status } = machine
  return {
    id,
    name,
    pairedAt: wireTime(pairedAt),
    lastSeenAt: wireTime(lastSeenAt),
    isOnline: now - lastSeenAt <= MACHINE_SILENT_AFTER_MS,
    status,
  }
}
