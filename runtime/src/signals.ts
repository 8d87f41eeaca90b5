/** What the operating system asks of a daemon. */
export interface StopSignals {
  /** SIGTERM or SIGINT came: finish what was begun and end. */
  readonly drain: AbortSignal
  /** It came again: end now. Implies `drain`. */
  readonly now: AbortSignal
}

/** Listens for SIGTERM and SIGINT for the rest of the process; call it once, in an entry file. */
export function stopSignals(): StopSignals {
  const drain = new AbortController()
  const now = new AbortController()
  const onSignal = (signal: NodeJS.Signals) => {
    const reason = new DOMException(`asked to stop by ${signal}`, 'AbortError')
    if (drain.signal.aborted) now.abort(reason)
    else drain.abort(reason)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return { drain: drain.signal, now: now.signal }
}
