/** Rows of a large letter. */
export const LETTER_ROWS = 5

/** The letters of PINs drawn in 7 columns and 5 rows; `#` is ink. */
const DRAWINGS: Readonly<Record<string, readonly string[]>> = {
  B: ['######.', '##...##', '######.', '##...##', '######.'],
  C: ['.#####.', '##...##', '##.....', '##...##', '.#####.'],
  D: ['######.', '##...##', '##...##', '##...##', '######.'],
  F: ['#######', '##.....', '#####..', '##.....', '##.....'],
  G: ['.#####.', '##.....', '##..###', '##...##', '.#####.'],
  H: ['##...##', '##...##', '#######', '##...##', '##...##'],
  J: ['..#####', '.....##', '.....##', '##...##', '.#####.'],
  K: ['##...##', '##.##..', '####...', '##.##..', '##...##'],
  L: ['##.....', '##.....', '##.....', '##.....', '#######'],
  M: ['##...##', '###.###', '##.#.##', '##...##', '##...##'],
  N: ['##...##', '####.##', '##.####', '##..###', '##...##'],
  P: ['######.', '##...##', '######.', '##.....', '##.....'],
  Q: ['.#####.', '##...##', '##.#.##', '##..##.', '.###.##'],
  R: ['######.', '##...##', '######.', '##..##.', '##...##'],
  S: ['.######', '##.....', '.#####.', '.....##', '######.'],
  T: ['#######', '..###..', '..###..', '..###..', '..###..'],
  V: ['##...##', '##...##', '##...##', '.##.##.', '...#...'],
  W: ['##...##', '##...##', '##.#.##', '###.###', '##...##'],
  X: ['##...##', '.##.##.', '..###..', '.##.##.', '##...##'],
  Z: ['#######', '....##.', '..##...', '.##....', '#######'],
  '-': ['....', '....', '####', '....', '....'],
}

const GAP = ' '

/**
 * Draws letters large, one string for each row.
 *
 * @param text - letters of PINs and dashes; others are left out
 * @param ink - one character of one column
 */
export function drawLarge(text: string, ink: string): readonly string[] {
  const drawings = [...text].flatMap((letter) => {
    const drawing = DRAWINGS[letter]
    return drawing === undefined ? [] : [drawing]
  })
  return Array.from({ length: LETTER_ROWS }, (_, row) =>
    drawings
      .map((drawing) => drawing[row] ?? '')
      .join(GAP)
      .replaceAll('.', ' ')
      .replaceAll('#', ink),
  )
}

/** How each letter is said on the telephone (ICAO spelling alphabet). */
export const SPOKEN: Readonly<Record<string, string>> = {
  B: 'Bravo',
  C: 'Charlie',
  D: 'Delta',
  F: 'Foxtrot',
  G: 'Golf',
  H: 'Hotel',
  J: 'Juliett',
  K: 'Kilo',
  L: 'Lima',
  M: 'Mike',
  N: 'November',
  P: 'Papa',
  Q: 'Quebec',
  R: 'Romeo',
  S: 'Sierra',
  T: 'Tango',
  V: 'Victor',
  W: 'Whiskey',
  X: 'X-ray',
  Z: 'Zulu',
}
