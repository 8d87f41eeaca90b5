import { Accordion, Alert, Badge, NativeSelect, Stack, Text } from '@mantine/core'
import type { KeySchema } from '@muster/contexts/plugins/schema.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import type { Option } from '@muster/contexts/userdata/ini.ts'
import { useMemo, useState } from 'react'
import { EDITOR_PLUGINS } from '../editor/plugins.ts'
import { KeyField } from './key-field.tsx'
import { setOption } from './set-option.ts'

interface SectionFormProps {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly diagnostics: readonly Diagnostic[]
}

/** The same text as a form, made from a plugin's keys. Comments, order and everything else stay as written. */
export function SectionForm({ text, onChange, diagnostics }: SectionFormProps) {
  const [name, setName] = useState('cernvm')
  const document = useMemo(() => decodeContext(text), [text])
  const plugin = EDITOR_PLUGINS.find((candidate) => candidate.section === name) ?? EDITOR_PLUGINS[0]
  if (plugin === undefined) return null
  const options = document.ini.sections.get(plugin.section)?.options
  const rows = plugin.schema.keys.map((schema) => ({ schema, option: findOption(schema, options) }))
  const written = rows.filter((row) => row.option !== undefined)
  const others = rows.filter((row) => row.option === undefined && row.schema.ignored === undefined)
  const field = ({ schema, option }: (typeof rows)[number]) => (
    <KeyField
      key={schema.key}
      schema={schema}
      value={option?.value}
      problems={diagnostics.filter(
        (diagnostic) => diagnostic.severity !== 'info' && option !== undefined && isWithin(diagnostic, option),
      )}
      onChange={(value) =>
        onChange(setOption(text, { section: plugin.section, key: option?.key ?? schema.key, value }))
      }
    />
  )
  return (
    <Stack>
      <NativeSelect
        label="Section"
        value={plugin.section}
        onChange={(event) => setName(event.currentTarget.value)}
        data={EDITOR_PLUGINS.filter((other) => other.section !== '').map((other) => ({
          value: other.section,
          label: `[${other.section}] ${other.title}`,
        }))}
      />
      <Text size="sm" c="dimmed">
        {plugin.schema.description}
      </Text>
      {written.length === 0 && (
        <Alert color="gray" variant="light">
          The text sets nothing in this section yet. What you fill in below is written into the text.
        </Alert>
      )}
      {written.map(field)}
      {others.length > 0 && (
        <Accordion variant="contained">
          <Accordion.Item value="others">
            <Accordion.Control>
              Further settings{' '}
              <Badge variant="light" color="gray">
                {others.length}
              </Badge>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack>{others.map(field)}</Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
    </Stack>
  )
}

function findOption(schema: KeySchema, options: ReadonlyMap<string, Option> | undefined): Option | undefined {
  const names = [schema.key, ...(schema.aliases ?? [])]
  return names.map((name) => options?.get(name)).find((option) => option !== undefined)
}

function isWithin({ span }: Diagnostic, { keySpan, valueSpan }: Option): boolean {
  return span.start.offset >= keySpan.start.offset && span.start.offset <= valueSpan.end.offset
}
