import { Alert, SegmentedControl, Select, Stack, Text } from '@mantine/core'
import { USER_DATA_FORMATS, type UserDataFormat } from '@muster/contexts/bootstrap/user-data.ts'
import { DEFAULT_CHANNEL } from '@muster/contexts/release/release.ts'
import type { OfferedRelease, ReleaseList } from '@muster/contexts/wire/releases.ts'
import { IconPackageOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { metaQuery, releasesQuery } from '../api/queries.ts'
import { QueryView } from '../shell/query-view.tsx'
import { isLocalAddress } from './local-address.ts'
import { UserDataView } from './user-data-view.tsx'

interface BootPanelProps {
  /** Text of a context that rides along. @default none: the machine shows a PIN */
  readonly context?: string
}

const FORMAT_WORDS: Readonly<Record<UserDataFormat, string>> = { 'cloud-config': 'cloud-init', script: 'Shell script' }

/** User-data with which a stock image installs the agent; made in this browser. */
export function BootPanel({ context }: BootPanelProps) {
  const releases = useQuery(releasesQuery)
  const meta = useQuery(metaQuery)
  return (
    <QueryView query={releases} what="releases">
      {(list) => (
        <QueryView query={meta} what="address">
          {({ url }) =>
            list.items.length === 0 ? (
              <NoRelease list={list} />
            ) : (
              <BootForm releases={list.items} coordinatorUrl={url} {...(context === undefined ? {} : { context })} />
            )
          }
        </QueryView>
      )}
    </QueryView>
  )
}

function NoRelease({ list }: { readonly list: ReleaseList }) {
  return (
    <Alert color="gray" variant="light" icon={<IconPackageOff />} title="There is no agent to install">
      <Text size="sm">
        The operator of this coordinator has not published the agent, so stock images cannot fetch it here. Images that
        have the agent already need nothing of this.
      </Text>
      {list.broken.map(({ channel, detail }) => (
        <Text size="sm" key={channel} mt="xs">
          Channel {channel} cannot be used: {detail}
        </Text>
      ))}
    </Alert>
  )
}

interface BootFormProps extends BootPanelProps {
  readonly releases: readonly OfferedRelease[]
  readonly coordinatorUrl: string
}

function BootForm({ releases, coordinatorUrl, context }: BootFormProps) {
  const [format, setFormat] = useState<UserDataFormat>('cloud-config')
  const [channel, setChannel] = useState(DEFAULT_CHANNEL)
  const release = releases.find((one) => one.channel === channel) ?? releases[0]
  if (release === undefined) return null
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Written for"
        value={format}
        onChange={(value) => setFormat(USER_DATA_FORMATS.find((one) => one === value) ?? 'cloud-config')}
        data={USER_DATA_FORMATS.map((value) => ({ value, label: FORMAT_WORDS[value] }))}
        style={{ alignSelf: 'flex-start' }}
      />
      {releases.length > 1 && (
        <Select
          label="Channel"
          maw={280}
          value={release.channel}
          onChange={(value) => setChannel(value ?? DEFAULT_CHANNEL)}
          data={releases.map((one) => ({ value: one.channel, label: `${one.channel} (${one.version})` }))}
          allowDeselect={false}
        />
      )}
      {isLocalAddress(coordinatorUrl) && (
        <Alert color="yellow" variant="light" title={`${coordinatorUrl} is this computer only`}>
          A machine elsewhere does not reach it. The operator sets another address with <code>public-url</code>.
        </Alert>
      )}
      {context !== undefined && (
        <Alert color="yellow" variant="light" title="Everybody in the machine can read this">
          The context stands in the user-data as it is: its users and whoever administers the cloud can read it, its
          passwords and keys too. For a context with secrets, boot without it and pair the machine.
        </Alert>
      )}
      <UserDataView
        release={release}
        coordinatorUrl={coordinatorUrl}
        format={format}
        {...(context === undefined ? {} : { context })}
      />
    </Stack>
  )
}
