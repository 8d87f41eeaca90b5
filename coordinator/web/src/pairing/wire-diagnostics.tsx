import { List, Text } from '@mantine/core'
import type { MachinePlan } from './pair-state.ts'

/** Problems that the machine found in the context, by line. */
export function WireDiagnostics({ diagnostics }: { readonly diagnostics: MachinePlan['diagnostics'] }) {
  if (diagnostics.length === 0) return null
  return (
    <List size="sm" spacing={4}>
      {diagnostics.map((diagnostic) => (
        <List.Item key={`${diagnostic.code}-${diagnostic.line}-${diagnostic.column}-${diagnostic.message}`}>
          <Text span size="sm" className="breakable">
            <b>Line {diagnostic.line}:</b> {diagnostic.message}
          </Text>
          {diagnostic.hint !== undefined && (
            <Text size="sm" c="dimmed" className="breakable">
              {diagnostic.hint}
            </Text>
          )}
        </List.Item>
      ))}
    </List>
  )
}
