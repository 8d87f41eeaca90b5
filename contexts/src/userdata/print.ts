import type { ContextDocument } from './document.ts'

/** The text that was decoded, character by character. */
export function printDocument(document: Pick<ContextDocument, 'lines'>): string {
  return document.lines.map((line) => line.text + line.terminator).join('')
}
