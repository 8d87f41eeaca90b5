import { useSyncExternalStore } from 'react'

/**
 * Plain texts of sealed versions that were opened on this page, by digest of the sealed body. Only in memory: gone
 * when the page is left or the person signs out.
 */
const opened = new Map<string, string>()
const listeners = new Set<() => void>()

function tell(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Remembers an opened text until the page is left. */
export function rememberOpened(digest: string, text: string): void {
  opened.set(digest, text)
  tell()
}

/** Forgets all opened texts: at sign-out. */
export function forgetOpened(): void {
  opened.clear()
  tell()
}

/** The opened text of a sealed version, or undefined when it has not been opened. */
export function useOpened(digest: string | undefined): string | undefined {
  return useSyncExternalStore(subscribe, () => (digest === undefined ? undefined : opened.get(digest)))
}
