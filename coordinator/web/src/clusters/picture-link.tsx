import { BaseEdge, type EdgeProps } from '@xyflow/react'
import type { LinkEdge } from './flow-parts.ts'

/** One line of the picture; broken when the connection goes through a relay. */
export function PictureLine({ id, data }: EdgeProps<LinkEdge>) {
  const path = (data?.points ?? []).map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'} ${x} ${y}`).join(' ')
  return (
    <BaseEdge
      id={id}
      path={path}
      interactionWidth={0}
      style={data?.isRelayed === true ? { strokeDasharray: '5 4' } : {}}
    />
  )
}
