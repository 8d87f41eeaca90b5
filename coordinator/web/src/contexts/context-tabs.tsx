import { Stack, Tabs, Text, Title } from '@mantine/core'
import type { Context, ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { BootPanel } from '../bootstrap/boot-panel.tsx'
import { TextView } from '../editor/text-view.tsx'
import { AgeText } from '../shell/age-text.tsx'
import { CompareVersions } from './compare-versions.tsx'
import { ContextDetails } from './context-details.tsx'
import type { ContextTab } from './context-search.ts'
import { DeleteContext } from './delete-context.tsx'
import { FormatBadge } from './format-badge.tsx'
import { TextPlan } from './text-plan.tsx'
import { VersionTable } from './version-table.tsx'
import { VersionText } from './version-text.tsx'

interface ContextTabsProps {
  readonly context: Context
  readonly etag: string
  readonly versions: readonly ContextVersionInfo[]
}

/** Everything about one context: text, plan, history, difference, details. The address keeps what is shown. */
export function ContextTabs({ context, etag, versions }: ContextTabsProps) {
  const { id } = context
  const search = useSearch({ from: '/signed-in/contexts/$id' })
  const navigate = useNavigate({ from: '/contexts/$id' })
  const shown = search.version ?? context.latest.version
  const info = versions.find((version) => version.version === shown) ?? context.latest
  const tab = search.tab ?? 'text'
  const machineCount = versions.reduce((sum, version) => sum + version.machineCount, 0)
  const head = (
    <Text size="sm" c="dimmed" component="div">
      Version {info.version}
      {info.version === context.latest.version ? ', the latest' : `, not the latest (${context.latest.version})`}, saved{' '}
      <AgeText at={info.createdAt} /> <FormatBadge format={info.format} />
      {info.note !== '' && <span> “{info.note}”</span>}
    </Text>
  )
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(value) =>
        void navigate({
          search: (old) => ({ ...old, tab: value === 'text' ? undefined : (value as ContextTab) }),
          replace: true,
        })
      }
    >
      <Tabs.List mb="md" className="one-row">
        <Tabs.Tab value="text">Text</Tabs.Tab>
        <Tabs.Tab value="plan">What it does</Tabs.Tab>
        <Tabs.Tab value="versions">Versions ({versions.length})</Tabs.Tab>
        <Tabs.Tab value="compare" disabled={versions.length < 2}>
          Compare
        </Tabs.Tab>
        <Tabs.Tab value="boot">Boot a machine</Tabs.Tab>
        <Tabs.Tab value="details">Details</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="text">
        <Stack gap="sm">
          {head}
          <VersionText contextId={id} version={shown}>
            {(text) => <TextView text={text} />}
          </VersionText>
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="plan">
        <Stack gap="sm">
          {head}
          <VersionText contextId={id} version={shown}>
            {(text) => <TextPlan text={text} />}
          </VersionText>
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="versions">
        <VersionTable contextId={id} versions={versions} shown={shown} />
      </Tabs.Panel>
      <Tabs.Panel value="compare">
        <CompareVersions
          contextId={id}
          versions={versions}
          before={search.from ?? Math.max(1, shown - 1)}
          after={shown}
          onChange={(from, version) => void navigate({ search: (old) => ({ ...old, from, version }), replace: true })}
        />
      </Tabs.Panel>
      <Tabs.Panel value="boot">
        <Stack gap="sm">
          {head}
          <VersionText contextId={id} version={shown}>
            {(text) => <BootPanel context={text} />}
          </VersionText>
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="details">
        <Stack gap="xl">
          <ContextDetails key={etag} context={context} etag={etag} />
          <Stack gap="xs">
            <Title order={2}>Delete</Title>
            <DeleteContext context={context} etag={etag} machineCount={machineCount} />
          </Stack>
        </Stack>
      </Tabs.Panel>
    </Tabs>
  )
}
