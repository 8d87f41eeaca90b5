/** Widths, heights and gaps of the picture, in pixels at zoom 1. */
export const SIZES = {
  tileWidth: 164,
  tileHeight: 54,
  gap: 12,
  padding: 16,
  cloudTitle: 40,
  groupTitle: 30,
  pile: 62,
  groupGap: 14,
  cloudGap: 36,
  /** From the side of a cloud to the lines that lead down beside it. */
  trunk: 16,
  coordinatorWidth: 220,
  coordinatorGap: 64,
} as const

/** Width of a cloud that has so many tiles side by side. */
export function cloudWidth(columns: number): number {
  return columns * SIZES.tileWidth + (columns - 1) * SIZES.gap + 2 * SIZES.padding
}
