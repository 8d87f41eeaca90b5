import { Group, NativeSelect, Stack } from '@mantine/core'
import type { ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'
import { TextDifference } from '../editor/text-difference.tsx'
import { VersionText } from './version-text.tsx'

interface CompareVersionsProps {
  readonly contextId: string
  readonly versions: readonly ContextVersionInfo[]
  readonly before: number
  readonly after: number
  readonly onChange: (before: number, after: number) => void
}

/** What differs between two versions; sealed ones are opened first. */
export function CompareVersions({ contextId, versions, before, after, onChange }: CompareVersionsProps) {
  const data = versions.map(({ version, format }) => ({
    value: String(version),
    label: format === 'age' ? `Version ${version} (sealed)` : `Version ${version}`,
  }))
  return (
    <Stack>
      <Group>
        <NativeSelect
          label="From"
          data={data}
          value={String(before)}
          onChange={(event) => onChange(Number(event.currentTarget.value), after)}
        />
        <NativeSelect
          label="To"
          data={data}
          value={String(after)}
          onChange={(event) => onChange(before, Number(event.currentTarget.value))}
        />
      </Group>
      <VersionText contextId={contextId} version={before}>
        {(first) => (
          <VersionText contextId={contextId} version={after}>
            {(second) => (
              <TextDifference before={first} after={second} labels={[`Version ${before}`, `Version ${after}`]} />
            )}
          </VersionText>
        )}
      </VersionText>
    </Stack>
  )
}
