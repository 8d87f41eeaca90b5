import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core'
import type { ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'
import { Link } from '@tanstack/react-router'
import { AgeText } from '../shell/age-text.tsx'
import { countWords } from '../shell/count-words.ts'
import { FormatBadge } from './format-badge.tsx'

interface VersionTableProps {
  readonly contextId: string
  readonly versions: readonly ContextVersionInfo[]
  readonly shown: number
}

/** History of a context: each version with its note, and the ways to see, compare and restore it. */
export function VersionTable({ contextId, versions, shown }: VersionTableProps) {
  const latest = versions[0]?.version ?? 0
  return (
    <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Versions">
      {versions.map((version) => (
        <Paper component="li" key={version.version} withBorder p="sm">
          <Group justify="space-between" align="flex-start">
            <Stack gap={2} flex="1 1 220px">
              <Group gap="xs">
                <Anchor
                  fw={600}
                  renderRoot={(props) => (
                    <Link
                      to="/contexts/$id"
                      params={{ id: contextId }}
                      search={{ version: version.version }}
                      {...props}
                    />
                  )}
                >
                  Version {version.version}
                </Anchor>
                <FormatBadge format={version.format} />
                {version.version === shown && (
                  <Text size="xs" c="dimmed">
                    shown
                  </Text>
                )}
              </Group>
              {version.note !== '' && (
                <Text size="sm" className="breakable">
                  {version.note}
                </Text>
              )}
              <Text size="xs" c="dimmed" component="div">
                <AgeText at={version.createdAt} /> · {describeSize(version.sizeBytes)} ·{' '}
                {describeUse(version.machineCount)}
              </Text>
            </Stack>
            <Group gap="xs">
              {version.version > 1 && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  renderRoot={(props) => (
                    <Link
                      to="/contexts/$id"
                      params={{ id: contextId }}
                      search={{ tab: 'compare', from: version.version - 1, version: version.version }}
                      {...props}
                    />
                  )}
                  aria-label={`What version ${version.version} changed`}
                >
                  Changes
                </Button>
              )}
              {version.version !== latest && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  renderRoot={(props) => (
                    <Link
                      to="/contexts/$id/edit"
                      params={{ id: contextId }}
                      search={{ from: version.version }}
                      {...props}
                    />
                  )}
                  aria-label={`Edit from version ${version.version}`}
                >
                  Edit from here
                </Button>
              )}
            </Group>
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}

function describeSize(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KiB`
}

function describeUse(machines: number): string {
  return machines === 0 ? 'on no machine' : `on ${countWords(machines, 'machine')}`
}
