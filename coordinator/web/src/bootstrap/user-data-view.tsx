import { Button, Code, CopyButton, Group, List, Stack, Text } from '@mantine/core'
import {
  compressUserData,
  MAX_USER_DATA_BYTES,
  renderUserData,
  requireFit,
  type UserDataFormat,
} from '@muster/contexts/bootstrap/user-data.ts'
import type { OfferedRelease } from '@muster/contexts/wire/releases.ts'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ProblemAlert } from '../shell/problem-alert.tsx'

interface UserDataViewProps {
  readonly release: OfferedRelease
  readonly coordinatorUrl: string
  readonly format: UserDataFormat
  readonly context?: string
}

/** What the text does, how large it is, the text itself, and the ways to take it. */
export function UserDataView(props: UserDataViewProps) {
  const { release, coordinatorUrl, format, context } = props
  const made = useMemo(
    () => tryRender({ release, coordinatorUrl, format, ...(context === undefined ? {} : { context }) }),
    [release, coordinatorUrl, format, context],
  )
  if ('error' in made) return <ProblemAlert error={made.error} title="No user-data can be made of this" />
  // With a context it is a message of several parts, which only cloud-init takes apart.
  const isRunnable = format === 'script' && context === undefined
  const isTooLarge = made.sizeBytes > MAX_USER_DATA_BYTES
  return (
    <Stack gap="sm">
      <Text size="sm">
        Give this to the cloud as <b>user-data</b> of a new machine
        {isRunnable ? ', or run it as root on one' : ', of any image with cloud-init'}. On its first boot it
      </Text>
      <List size="sm" spacing={4}>
        <List.Item>
          fetches muster-agent {release.version} (channel {release.channel}) from {coordinatorUrl} and compares its
          SHA-256,
        </List.Item>
        <List.Item>installs it, and tries again, over reboots too, until that is done,</List.Item>
        <List.Item>
          {context === undefined
            ? 'then shows a PIN on its console, with which you pair it here.'
            : 'then applies the context, and shows a PIN on its console.'}
        </List.Item>
      </List>
      <Text size="sm" c={isTooLarge ? 'red' : 'dimmed'}>
        {made.sizeBytes} bytes of the {MAX_USER_DATA_BYTES} that clouds take.
      </Text>
      {isTooLarge ? (
        <Packed text={made.text} />
      ) : (
        <Plain text={made.text} fileName={isRunnable ? 'user-data.sh' : 'user-data'} />
      )}
    </Stack>
  )
}

function Plain({ text, fileName }: { readonly text: string; readonly fileName: string }) {
  const download = useMemo(() => `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`, [text])
  return (
    <>
      <Group gap="xs">
        <CopyButton value={text}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
        </CopyButton>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          renderRoot={(rest) => <a href={download} download={fileName} {...rest} />}
        >
          Download
        </Button>
      </Group>
      <Code block aria-label="User-data" tabIndex={0} mah={360} style={{ overflow: 'auto' }}>
        {text}
      </Code>
    </>
  )
}

/** Offers the text as gzip, which cloud-init undoes, when it fits in that way. */
function Packed({ text }: { readonly text: string }) {
  const packed = useQuery({
    queryKey: ['packed-user-data', text],
    queryFn: () => compressUserData(text),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  if (packed.data === undefined) return null
  const problem = tryFit(packed.data.length)
  if (problem !== undefined) return <ProblemAlert error={problem} title="The context is too large for user-data" />
  const download = `data:application/gzip;base64,${btoa(Array.from(packed.data, (byte) => String.fromCharCode(byte)).join(''))}`
  return (
    <Stack gap="xs">
      <Text size="sm">
        It fits when it is compressed ({packed.data.length} bytes). cloud-init undoes that; some web forms of clouds
        take text only, then use their command line.
      </Text>
      <Group>
        <Button
          leftSection={<IconDownload size={16} />}
          renderRoot={(rest) => <a href={download} download="user-data.gz" {...rest} />}
        >
          Download as gzip
        </Button>
      </Group>
    </Stack>
  )
}

function tryFit(packedBytes: number): unknown {
  try {
    return requireFit(packedBytes, true)
  } catch (error) {
    return error
  }
}

function tryRender({ release, ...rest }: UserDataViewProps) {
  try {
    return renderUserData({ ...rest, release, releaseKeys: release.releaseKeys })
  } catch (error) {
    return { error }
  }
}
