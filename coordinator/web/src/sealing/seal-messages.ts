/** What the page asks of the sealing worker. Passphrases stay inside this browser. */
export type SealRequest =
  | { readonly id: number; readonly kind: 'seal'; readonly text: string; readonly passphrase: string }
  | { readonly id: number; readonly kind: 'open'; readonly sealed: string; readonly passphrase: string }

/** Its answer: the sealed or opened text, or why not. */
export type SealAnswer =
  | { readonly id: number; readonly isDone: true; readonly text: string }
  | { readonly id: number; readonly isDone: false; readonly fault: SealFault }

/** An error as it crosses between worker and page. */
export interface SealFault {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
}
