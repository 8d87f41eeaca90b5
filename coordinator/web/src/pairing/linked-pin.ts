import { pinFromAddress } from './pin-input.ts'

let linked = ''

/**
 * Takes a PIN out of the address of `/pair` before anything else reads it, so that it gets into no history, no
 * bookmark and no later request. Called once, when the program starts.
 */
export function takePinFromAddress(): void {
  if (window.location.pathname !== '/pair') return
  linked = pinFromAddress(window.location.search, window.location.hash)
  if (linked === '') return
  const url = new URL(window.location.href)
  url.searchParams.delete('code')
  url.hash = ''
  window.history.replaceState(window.history.state, '', url)
}

/** The PIN of the link that led here, or empty. */
export function linkedPin(): string {
  return linked
}

/** Forgets it, once it was used. */
export function forgetLinkedPin(): void {
  linked = ''
}
