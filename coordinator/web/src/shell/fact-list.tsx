import { DataList } from '@mantine/core'
import type { ReactNode } from 'react'

/** Label and value; undefined values are left out. */
export interface Fact {
  readonly label: string
  readonly value: ReactNode
}

/** Facts as a description list. */
export function FactList({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <DataList labelWidth={130} size="sm">
      {facts
        .filter((fact) => fact.value !== undefined && fact.value !== '')
        .map((fact) => (
          <DataList.Item key={fact.label}>
            <DataList.ItemLabel>{fact.label}</DataList.ItemLabel>
            <DataList.ItemValue className="breakable">{fact.value}</DataList.ItemValue>
          </DataList.Item>
        ))}
    </DataList>
  )
}
