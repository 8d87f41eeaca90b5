import { encode } from 'uqr'
import type { ConsoleSize } from './view.ts'

/** Quiet modules around the code: one, as the dark screen around it is quiet too. */
const BORDER = 1

/**
 * The address with the PIN as a QR code for a dark screen, or nothing when it does not fit. The PIN stands behind `#`:
 * browsers do not send that part to the server, which must never see the secret half.
 */
export function drawPinCode(verificationUrl: string, pin: string, size: ConsoleSize): readonly string[] {
  const url = /^[a-z]+:\/\//i.test(verificationUrl) ? verificationUrl : `https://${verificationUrl}`
  const { data, size: modules } = encode(`${url}#${pin}`, { ecc: 'L', border: BORDER })
  const rows = size.isUnicode ? Math.ceil(modules / 2) : modules
  const columns = size.isUnicode ? modules : 2 * modules
  if (rows > size.rows || columns > size.columns) return []
  // Outside of the code is light, so that an odd number of rows ends well.
  const isLight = (row: number, column: number) => data[row]?.[column] !== true
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: modules }, (_, column) =>
      size.isUnicode
        ? halfBlock(isLight(2 * row, column), isLight(2 * row + 1, column))
        : isLight(row, column)
          ? '##'
          : '  ',
    ).join(''),
  )
}

function halfBlock(isUpper: boolean, isLower: boolean): string {
  if (isUpper) return isLower ? '█' : '▀'
  return isLower ? '▄' : ' '
}
