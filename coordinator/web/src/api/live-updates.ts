import { API_BASE } from '@muster/contexts/wire/common.ts'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { AFFECTED_BY_EVENT, type QuerySubject } from './affected-queries.ts'

/** `opening` at first · `live` events arrive · `lost` the stream broke and is being opened again. */
export type ConnectionState = 'opening' | 'live' | 'lost'

/** Wait before a stream that the server refused is opened anew; the browser itself retries only broken ones. */
const REOPEN_AFTER_MS = 5_000
/** A stream that comes back within this time is not reported as lost. */
const PATIENCE_MS = 2_500
const ALL_SUBJECTS: readonly QuerySubject[] = ['session', 'sessions', 'contexts', 'machines', 'clusters', 'tokens']

/** Keeps the page's data fresh by the coordinator's event stream, and tells how the stream is. */
export function useLiveUpdates(): ConnectionState {
  const client = useQueryClient()
  const [state, setState] = useState<ConnectionState>('opening')
  useEffect(() => openStream(client, setState), [client])
  return state
}

function openStream(client: QueryClient, report: (state: ConnectionState) => void): () => void {
  let source: EventSource | undefined
  let isClosed = false
  let reopenTimer: number | undefined
  let lostTimer: number | undefined

  const refresh = (subjects: readonly QuerySubject[]) => {
    for (const subject of subjects) void client.invalidateQueries({ queryKey: [subject] })
  }

  const connect = () => {
    if (isClosed) return
    const stream = new EventSource(`${API_BASE}/events`)
    source = stream
    stream.onopen = () => {
      window.clearTimeout(lostTimer)
      lostTimer = undefined
      report('live')
      // What changed between reading a list and this moment was told to nobody.
      refresh(ALL_SUBJECTS)
    }
    stream.onerror = () => {
      lostTimer ??= window.setTimeout(() => report('lost'), PATIENCE_MS)
      if (stream.readyState === EventSource.CLOSED) reopenTimer = window.setTimeout(connect, REOPEN_AFTER_MS)
    }
    for (const [type, subjects] of Object.entries(AFFECTED_BY_EVENT)) {
      stream.addEventListener(type, () => refresh(subjects))
    }
    stream.addEventListener('resync', () => refresh(ALL_SUBJECTS))
  }

  connect()
  return () => {
    isClosed = true
    source?.close()
    window.clearTimeout(reopenTimer)
    window.clearTimeout(lostTimer)
  }
}
