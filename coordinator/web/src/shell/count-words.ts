/** A number with its noun: `1 change`, `2 changes`. */
export function countWords(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
