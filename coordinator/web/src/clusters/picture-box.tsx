import { Group, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import type { MeshMember } from '@muster/contexts/wire/clusters.ts'
import { IconChevronDown, IconChevronRight, IconCloud, IconHourglass, IconTopologyStar3 } from '@tabler/icons-react'
import { Handle, type NodeProps, Position } from '@xyflow/react'
import type { ComponentProps } from 'react'
import { countWords } from '../shell/count-words.ts'
import type { BoxNode } from './flow-parts.ts'
import { STATUS_LOOKS } from './member-status.tsx'
import { describeConnection, describeRole, memberName, roundTrip, shortSpan } from './member-words.ts'
import type { Box } from './picture.ts'
import { usePictureActions } from './picture-actions.ts'
import { StatusCountsText } from './status-counts.tsx'

/** Boxes that are at least so wide have room for words beside numbers. */
const ROOMY = 420

type Kind<K extends Box['kind']> = Extract<Box, { kind: K }>

/** One box of the picture. */
export function PictureBox({ data: { box } }: NodeProps<BoxNode>) {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className="mesh-handle" />
      <BoxContentView box={box} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className="mesh-handle" />
    </>
  )
}

function BoxContentView({ box }: { readonly box: Box }) {
  switch (box.kind) {
    case 'cloud':
      return <CloudBox box={box} />
    case 'group':
      return box.fold === 'none' ? <GroupTitle box={box} /> : <Pile box={box} />
    case 'member':
      return <MemberBox box={box} />
    case 'awaited':
      return <AwaitedBox box={box} />
  }
}

function CloudBox({ box: { name, counts, width } }: { readonly box: Kind<'cloud'> }) {
  return (
    <div className="mesh-box mesh-cloud">
      <Group gap="sm" px={16} h={38} justify="space-between" wrap="nowrap">
        <Group gap={6} wrap="nowrap" miw={0}>
          <IconCloud size={18} aria-hidden />
          <Text fw={700} truncate>
            {name}
          </Text>
        </Group>
        <StatusCountsText counts={counts} isCompact={width < ROOMY} />
      </Group>
    </div>
  )
}

function GroupTitle({ box: { service } }: { readonly box: Kind<'group'> }) {
  return (
    <Text size="sm" c="dimmed" fw={600} truncate lh={1.4}>
      {service}
    </Text>
  )
}

/** Button of a box: one stop for Tab in the whole picture, arrow keys from box to box. */
function BoxButton({ id, ...props }: { readonly id: string } & ComponentProps<typeof UnstyledButton<'button'>>) {
  const { currentId, onFocus, onKeyDown } = usePictureActions()
  return (
    <UnstyledButton
      data-box={id}
      tabIndex={id === currentId ? 0 : -1}
      onFocus={() => onFocus(id)}
      onKeyDown={(event) => onKeyDown(event, id)}
      {...props}
    />
  )
}

function Pile({ box }: { readonly box: Kind<'group'> }) {
  const { onToggle } = usePictureActions()
  const { id, service, cloud, counts, connected, awaited, fold } = box
  const isOpen = fold === 'open'
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const Icon = isOpen ? IconChevronDown : IconChevronRight
  const waiting = awaited > 0 ? `, ${awaited} awaited` : ''
  return (
    <BoxButton id={id} className="mesh-box mesh-tile" aria-expanded={isOpen} onClick={() => onToggle(id)}>
      <Group gap={4} wrap="nowrap">
        <Icon size={16} aria-hidden />
        <Text size="sm" fw={600} truncate>
          {countWords(total, 'member')} of {service}
          {waiting}
        </Text>
        <VisuallyHidden> in {cloud}</VisuallyHidden>
        <Text size="xs" c="dimmed" ml="auto" className="nowrap">
          {connected} connected
        </Text>
      </Group>
      <StatusCountsText counts={counts} isCompact={box.width < ROOMY} />
    </BoxButton>
  )
}

function MemberBox({ box: { id, member, formerHolders } }: { readonly box: Kind<'member'> }) {
  const { onOpen, chosenId } = usePictureActions()
  const { color, icon: Icon } = STATUS_LOOKS[member.status]
  const place = member.isSelf ? '' : ` in ${member.cloud}, slot ${member.slot}`
  return (
    <BoxButton
      id={id}
      className="mesh-box mesh-tile"
      data-status={member.status}
      data-chosen={id === chosenId || undefined}
      onClick={() => onOpen(id)}
    >
      <Group gap={6} wrap="nowrap">
        {member.isSelf && <IconTopologyStar3 size={16} aria-hidden />}
        <Text size="sm" fw={600} truncate>
          {memberName(member)}
        </Text>
        {formerHolders > 0 && (
          <Text size="xs" c="dimmed" className="nowrap" ml="auto">
            +{formerHolders}
            <VisuallyHidden> earlier</VisuallyHidden>
          </Text>
        )}
      </Group>
      <Group gap={4} wrap="nowrap">
        <Icon size={14} color={`var(--mantine-color-${color}-text)`} aria-hidden style={{ flexShrink: 0 }} />
        <Text size="xs" truncate>
          {stateLine(member)}
        </Text>
      </Group>
      <VisuallyHidden>
        {describeRole(member.role)}
        {place}, connection: {describeConnection(member)}
      </VisuallyHidden>
    </BoxButton>
  )
}

/** Status, time since it was heard, round trip. */
function stateLine({ status, isSelf, heardAgoMs, connection }: MeshMember): string {
  const { words } = STATUS_LOOKS[status]
  if (isSelf) return `${words}, sees all of this`
  const heard = heardAgoMs === undefined ? [] : [shortSpan(heardAgoMs)]
  const rtt = connection?.rttMs === undefined ? '' : roundTrip(connection.rttMs)
  const way = connection?.isRelayed === true ? 'relay' : rtt
  return [words, ...heard, way].filter((part) => part !== '').join(' · ')
}

/** Nothing can be done with it, so it is no button. */
function AwaitedBox({ box: { place } }: { readonly box: Kind<'awaited'> }) {
  return (
    <div className="mesh-box mesh-tile mesh-awaited">
      <Text size="sm" fw={600} truncate>
        {place.service}/{place.slot}
      </Text>
      <Group gap={4} wrap="nowrap">
        <IconHourglass size={14} aria-hidden />
        <Text size="xs">Awaited</Text>
      </Group>
    </div>
  )
}
