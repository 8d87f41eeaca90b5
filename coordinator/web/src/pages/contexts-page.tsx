import { Button, TextInput } from '@mantine/core'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { contextsQuery } from '../api/queries.ts'
import { ContextTable } from '../contexts/context-table.tsx'
import { matchesContext } from '../contexts/match-context.ts'
import { NoContexts } from '../contexts/no-contexts.tsx'
import { NoMatch } from '../shell/no-match.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/contexts` */
export function ContextsPage() {
  const contexts = useQuery(contextsQuery)
  const [search, setSearch] = useState('')
  return (
    <Page
      title="Contexts"
      lead="What your machines shall be. Every saved version is kept and never changes."
      actions={
        <Button leftSection={<IconPlus size={18} />} renderRoot={(props) => <Link to="/contexts/new" {...props} />}>
          New context
        </Button>
      }
    >
      <QueryView query={contexts} what="contexts">
        {(all) => {
          if (all.length === 0) return <NoContexts />
          const shown = all.filter((context) => matchesContext(context, search))
          return (
            <>
              <TextInput
                type="search"
                aria-label="Search contexts"
                placeholder="Search by name or description"
                leftSection={<IconSearch size={16} />}
                maw={420}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
              {shown.length === 0 ? <NoMatch search={search} /> : <ContextTable contexts={shown} />}
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}
