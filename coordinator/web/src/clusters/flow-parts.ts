import { type Edge, type Node, Position } from '@xyflow/react'
import type { Box, Picture, Point } from './picture.ts'

/** A box as the graph library has it. */
export type BoxNode = Node<{ readonly box: Box }, 'box'>

/** A link as the graph library has it. */
export type LinkEdge = Edge<{ readonly points: readonly Point[]; readonly isRelayed: boolean }, 'line'>

/** A cloud lies below links, everything else above them. */
const LAYERS = { cloud: 0, link: 1, chosenLink: 2, other: 3 } as const

/** Boxes as nodes. Sizes and ends of links are given, so that nothing has to be measured before it is drawn. */
export function toNodes({ boxes }: Picture): BoxNode[] {
  return boxes.map((box) => {
    const { id, x, y, width, height } = box
    const middle = { x: width / 2, width: 1, height: 1 }
    return {
      id,
      type: 'box',
      position: { x, y },
      width,
      height,
      measured: { width, height },
      handles: [
        { type: 'source', position: Position.Bottom, y: height, ...middle },
        { type: 'target', position: Position.Top, y: 0, ...middle },
      ],
      zIndex: box.kind === 'cloud' ? LAYERS.cloud : LAYERS.other,
      data: { box },
      // What can be reached with the keyboard is the button in the box.
      focusable: false,
      domAttributes: { 'aria-roledescription': undefined },
    }
  })
}

/** Links as edges; those of the chosen box stand out. They are told in words with each member. */
export function toEdges({ links }: Picture, chosenId: string | undefined): LinkEdge[] {
  return links.map(({ id, from, to, isRelayed, points }) => {
    const isChosen = chosenId !== undefined && (from === chosenId || to === chosenId)
    return {
      id,
      type: 'line',
      source: from,
      target: to,
      zIndex: isChosen ? LAYERS.chosenLink : LAYERS.link,
      focusable: false,
      selectable: false,
      className: isChosen ? 'mesh-link mesh-link-chosen' : 'mesh-link',
      data: { points, isRelayed },
      domAttributes: { 'aria-hidden': true },
    }
  })
}
