import type { DoctorCheck } from './doctor-check.ts'

/** 2026-01-01, before which no such agent existed. */
const EARLIEST_MS = 1_767_225_600_000
const MS_PER_YEAR = 365.25 * 86_400_000
const YEARS_AHEAD = 20

/** Whether the clock can be right: a wrong one makes certificates look expired. */
export const clockCheck: DoctorCheck = {
  name: 'clock',
  async run({ clock }) {
    const now = clock.now()
    const message = new Date(now).toISOString()
    if (now >= EARLIEST_MS && now < EARLIEST_MS + YEARS_AHEAD * MS_PER_YEAR) return { status: 'ok', message }
    return {
      status: 'fail',
      message: `${message} cannot be right`,
      hint: 'Set the clock, or enable time synchronization.',
    }
  },
}
