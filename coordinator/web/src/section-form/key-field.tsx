import { Group, NativeSelect, PasswordInput, Text, TextInput } from '@mantine/core'
import type { KeySchema } from '@muster/contexts/plugins/schema.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { useEffect, useState } from 'react'

interface KeyFieldProps {
  readonly schema: KeySchema
  /** As written, or undefined when the text has no such key. */
  readonly value: string | undefined
  readonly problems: readonly Diagnostic[]
  /** Undefined takes the key out. */
  readonly onChange: (value: string | undefined) => void
}

/** Field for one key, by its type. */
export function KeyField({ schema, value, problems, onChange }: KeyFieldProps) {
  const shared = {
    label: schema.key,
    description:
      schema.ignored === undefined ? schema.description : `${schema.description} Has no effect: ${schema.ignored}`,
    error: problems.length === 0 ? undefined : problems.map((problem) => problem.message).join(' '),
  }
  const choices = schema.type === 'boolean' ? ['on', 'off'] : schema.choices
  if (choices !== undefined) {
    const known = value === undefined || choices.includes(value) ? choices : [value, ...choices]
    return (
      <NativeSelect
        {...shared}
        value={value ?? ''}
        data={[
          { value: '', label: schema.default === undefined ? 'not set' : `not set (${schema.default})` },
          ...known,
        ]}
        onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
      />
    )
  }
  return <TextField schema={schema} value={value ?? ''} shared={shared} onChange={onChange} />
}

interface TextFieldProps {
  readonly schema: KeySchema
  readonly value: string
  readonly shared: { readonly label: string; readonly description: string; readonly error: string | undefined }
  readonly onChange: (value: string | undefined) => void
}

/** Writes into the text when the field is left, so that half a value is not planned at each letter. */
function TextField({ schema, value, shared, onChange }: TextFieldProps) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const commit = () => {
    if (typed !== value) onChange(typed.trim() === '' ? undefined : typed)
  }
  const field = {
    ...shared,
    value: typed,
    onChange: (event: { currentTarget: HTMLInputElement }) => setTyped(event.currentTarget.value),
    onBlur: commit,
    onKeyDown: (event: { key: string }) => {
      if (event.key === 'Enter') commit()
    },
    autoComplete: 'off',
    spellCheck: false,
    ...(schema.example === undefined ? {} : { placeholder: schema.example }),
  }
  if (schema.isSecret === true || schema.type === 'users') {
    return <PasswordInput {...field} visibilityToggleButtonProps={{ 'aria-label': `Show ${schema.key}` }} />
  }
  return (
    <div>
      <TextInput {...field} />
      {schema.type === 'list' && (
        <Group gap={4} mt={4}>
          <Text size="xs" c="dimmed">
            Separate several by commas.
          </Text>
        </Group>
      )}
    </div>
  )
}
