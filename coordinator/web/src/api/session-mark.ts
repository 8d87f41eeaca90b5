const KEY = 'muster.signed-in'

/**
 * Remembers that a session was begun in this browser. The session itself is in a cookie that no script can read; with
 * this mark a new visitor's page need not ask for a session that cannot be there.
 */
export function markSignedIn(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(KEY, 'yes')
    else localStorage.removeItem(KEY)
  } catch {
    // Storage is forbidden: the session is simply asked for each time.
  }
}

/** Whether there may be a session. */
export function maybeSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return true
  }
}
