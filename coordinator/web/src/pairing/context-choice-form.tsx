import { Alert, Anchor, Button, Group, NativeSelect, Paper, Stack, Text } from '@mantine/core'
import { digestText } from '@muster/contexts/context/digest.ts'
import type { Proposal } from '@muster/contexts/pairing/claimant.ts'
import type { Context } from '@muster/contexts/wire/contexts.ts'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { contextsQuery, versionsQuery } from '../api/queries.ts'
import { VersionText } from '../contexts/version-text.tsx'
import { QueryView } from '../shell/query-view.tsx'
import type { ContextChoice, Refusal } from './pair-state.ts'
import { StepTitle } from './step-title.tsx'
import { WireDiagnostics } from './wire-diagnostics.tsx'

interface ContextChoiceFormProps {
  /** Context to begin with, by id. */
  readonly wanted: string | undefined
  readonly refusal: Refusal | undefined
  readonly isPending: boolean
  readonly onPropose: (choice: ContextChoice, proposal: Proposal) => void
}

/** Chooses the context and version that the machine shall get; a sealed one is opened here. */
export function ContextChoiceForm(props: ContextChoiceFormProps) {
  const contexts = useQuery(contextsQuery)
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} component="section" aria-label="Choose a context">
      <Stack>
        <StepTitle>What shall it become?</StepTitle>
        {props.refusal !== undefined && (
          <Alert
            color="red"
            variant="light"
            icon={<IconAlertTriangle />}
            title="The machine refused this context"
            role="alert"
          >
            <Text size="sm" mb="xs">
              {props.refusal.message}
            </Text>
            <WireDiagnostics diagnostics={props.refusal.diagnostics} />
          </Alert>
        )}
        <QueryView query={contexts} what="contexts">
          {(all) =>
            all.length === 0 ? (
              <Text>
                You have no context yet.{' '}
                <Anchor renderRoot={(link) => <Link to="/contexts/new" target="_blank" {...link} />}>Write one</Anchor>{' '}
                in another tab; it appears here when it is saved.
              </Text>
            ) : (
              <Choice {...props} contexts={all} />
            )
          }
        </QueryView>
      </Stack>
    </Paper>
  )
}

function Choice({
  contexts,
  wanted,
  isPending,
  onPropose,
}: ContextChoiceFormProps & { readonly contexts: readonly Context[] }) {
  const [id, setId] = useState(() => contexts.find((context) => context.id === wanted)?.id ?? contexts[0]?.id ?? '')
  const [wish, setWish] = useState<number>()
  const context = contexts.find((candidate) => candidate.id === id) ?? contexts[0]
  const versions = useQuery({ ...versionsQuery(context?.id ?? ''), enabled: context !== undefined })
  if (context === undefined) return null
  const version = wish ?? context.latest.version
  const choice = { id: context.id, name: context.name, version }
  const shown = versions.data ?? [context.latest]
  return (
    <Stack>
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <NativeSelect
          label="Context"
          value={context.id}
          data={contexts.map((one) => ({ value: one.id, label: one.name }))}
          onChange={(event) => {
            setId(event.currentTarget.value)
            setWish(undefined)
          }}
          flex="2 1 220px"
        />
        <NativeSelect
          label="Version"
          value={String(version)}
          data={shown.map((one) => ({
            value: String(one.version),
            label: [
              `Version ${one.version}`,
              one.version === context.latest.version ? 'latest' : '',
              one.format === 'age' ? 'sealed' : '',
            ]
              .filter((part) => part !== '')
              .join(', '),
          }))}
          onChange={(event) => setWish(Number(event.currentTarget.value))}
          flex="1 1 160px"
        />
      </Group>
      <VersionText key={`${context.id}-${version}`} contextId={context.id} version={version}>
        {(text) => (
          <Group justify="flex-end">
            <Button
              loading={isPending}
              onClick={() =>
                onPropose(choice, {
                  context: { id: context.id, name: context.name, version, digest: digestText(text) },
                  text,
                  isStrict: false,
                })
              }
            >
              Ask the machine for its plan
            </Button>
          </Group>
        )}
      </VersionText>
    </Stack>
  )
}
