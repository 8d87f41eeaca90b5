import '@xyflow/react/dist/base.css'
import { Stack, Text, useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import type { ClusterDefinition, ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow, type Viewport } from '@xyflow/react'
import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { toEdges, toNodes } from './flow-parts.ts'
import { layOutMesh } from './layout.ts'
import type { Picture } from './picture.ts'
import { type PictureActions, PictureActionsContext } from './picture-actions.ts'
import { PictureBox } from './picture-box.tsx'
import { PictureLine } from './picture-link.tsx'
import { cloudWidth, SIZES } from './picture-sizes.ts'
import { directionOf, isReachable, nextBox } from './picture-steps.ts'

const NODE_TYPES = { box: PictureBox }
const EDGE_TYPES = { line: PictureLine }
const MARGIN = 20
const MIN_ZOOM = 0.3
/** Below this letters are too small; wide pictures are moved instead. */
const READABLE_ZOOM = 0.75
const HEIGHT = { least: 240, most: 760 } as const
/** Pages narrower than this show two tiles side by side in a cloud, others three. */
const NARROW = 560

interface MeshPictureProps {
  readonly mesh: ClusterMesh
  readonly definition: ClusterDefinition
  readonly isStale: boolean
  /** Member whose panel is open. */
  readonly chosen: string | undefined
  readonly onOpen: (peer: string) => void
}

/** The mesh as a picture: clouds, members and the connections that the coordinator knows of. */
export function MeshPicture(props: MeshPictureProps) {
  const { ref, width } = useElementSize()
  const reporters = new Set(props.mesh.links.map(({ reportedBy }) => reportedBy))
  const hasOthers = [...reporters].some((peer) => peer !== props.mesh.coordinator)
  return (
    <Stack gap="xs">
      <div ref={ref} className="mesh-frame" data-stale={props.isStale || undefined}>
        {width > 0 && (
          <ReactFlowProvider>
            <Canvas {...props} width={width} />
          </ReactFlowProvider>
        )}
      </div>
      <Text size="sm" c="dimmed">
        Lines are connections of the coordinator{hasOthers ? ' and those that members report' : ''}; broken lines go
        through a relay. Members connect to each other too, which is not seen from here. A box tells the time since its
        member was last heard, and the round trip. Arrow keys go from box to box, Enter opens one; the tab Members has
        the same as a table.
      </Text>
    </Stack>
  )
}

function Canvas({ mesh, definition, chosen, onOpen, width }: MeshPictureProps & { readonly width: number }) {
  const scheme = useComputedColorScheme('light')
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const columns = width < NARROW ? 2 : 3
  const cloudsPerRow = cloudsBeside(columns, width)
  const picture = useMemo(
    () => layOutMesh({ mesh, definition, opened, columns, cloudsPerRow }),
    [mesh, definition, opened, columns, cloudsPerRow],
  )
  const nodes = useMemo(() => toNodes(picture), [picture])
  const edges = useMemo(() => toEdges(picture, chosen), [picture, chosen])
  const view = firstView(picture, width)
  const toggle = (id: string) => setOpened((before) => new Set(before).symmetricDifference(new Set([id])))
  const { actions, frame } = useKeyboard(picture, { chosenId: chosen, onOpen, onToggle: toggle })
  const height = Math.min(HEIGHT.most, Math.max(HEIGHT.least, picture.height * view.zoom + 2 * MARGIN))
  return (
    <section ref={frame} style={{ height }} aria-label="Picture of the mesh">
      <PictureActionsContext value={actions}>
        <ReactFlow
          // Another width is another arrangement: begin from its own first view.
          key={`${columns} ${cloudsPerRow}`}
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          defaultViewport={view}
          colorMode={scheme}
          minZoom={MIN_ZOOM}
          maxZoom={1.5}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnScroll={false}
          preventScrolling={false}
        >
          <Controls showInteractive={false} position="top-left" />
        </ReactFlow>
      </PictureActionsContext>
    </section>
  )
}

function cloudsBeside(columns: number, width: number): number {
  const room = (width - 2 * MARGIN) / READABLE_ZOOM - SIZES.trunk
  return Math.max(1, Math.floor((room + SIZES.cloudGap) / (cloudWidth(columns) + SIZES.cloudGap)))
}

function firstView(picture: Picture, width: number): Viewport {
  const zoom = Math.min(1, Math.max(MIN_ZOOM, (width - 2 * MARGIN) / picture.width))
  return { zoom, x: (width - picture.width * zoom) / 2, y: MARGIN }
}

type Reactions = Pick<PictureActions, 'chosenId' | 'onOpen' | 'onToggle'>

/** One stop for Tab, arrow keys between boxes; who gets the focus is moved into view. */
function useKeyboard(picture: Picture, reactions: Reactions) {
  const frame = useRef<HTMLDivElement>(null)
  const [wanted, setWanted] = useState<string>()
  const flow = useReactFlow()
  const reachable = picture.boxes.filter(isReachable)
  const current = reachable.find(({ id }) => id === wanted) ?? reachable[0]

  const showBox = (id: string) => {
    const box = picture.boxes.find((candidate) => candidate.id === id)
    const size = frame.current
    if (box === undefined || size === null) return
    const { x, y, zoom } = flow.getViewport()
    const left = box.x * zoom + x
    const top = box.y * zoom + y
    const isSeen =
      left >= 0 &&
      top >= 0 &&
      left + box.width * zoom <= size.clientWidth &&
      top + box.height * zoom <= size.clientHeight
    if (!isSeen) void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom })
  }
  const actions: PictureActions = {
    ...reactions,
    currentId: current?.id,
    onFocus: (id) => {
      setWanted(id)
      showBox(id)
    },
    onKeyDown: (event: KeyboardEvent, id) => {
      const direction = directionOf(event.key)
      const next = direction === undefined ? undefined : nextBox(picture.boxes, id, direction)
      if (direction !== undefined) event.preventDefault()
      if (next === undefined) return
      const button = frame.current?.querySelector<HTMLElement>(`[data-box="${CSS.escape(next)}"]`)
      button?.focus({ preventScroll: true })
    },
  }
  return { actions, frame }
}
