import type { Resource } from '../../plan/resource.ts'
import { quoteForShell } from '../../plan/shell-assignment.ts'
import type { Option } from '../../userdata/ini.ts'
import type { ProblemList } from '../../userdata/problem.ts'
import { trimBlank } from '../../userdata/text.ts'
import { isVariableName } from '../names.ts'
import { splitEntries, unquote } from '../option-values.ts'

/** One entry of `environment`. */
export interface Variable {
  readonly name: string
  readonly value: string
}

const PATH = '/etc/cernvm/environment.conf'

/** Reads `environment`: each entry is split at its first `=`; of equal names the last one counts. */
export function readEnvironment(option: Option | undefined, problems: ProblemList): readonly Variable[] {
  const variables = new Map<string, Variable>()
  for (const { text, span } of splitEntries(option)) {
    const separator = text.indexOf('=')
    const name = trimBlank(text.slice(0, Math.max(separator, 0)))
    const value = unquote(trimBlank(text.slice(separator + 1)))
    if (separator === -1) {
      problems.add('invalid-value', span, 'A variable is written NAME=VALUE', 'A value cannot hold a comma.')
      continue
    }
    if (!isVariableName(name)) {
      problems.add('invalid-value', span, 'This cannot be the name of a variable', 'Use letters, digits and "_".')
    }
    if (/[$`]/.test(value)) {
      const hint = 'Set variables that depend on others in the leading script, in a file of /etc/profile.d.'
      problems.add(
        'not-expanded',
        span,
        `The value of "${name}" is written as it stands, nothing in it is expanded`,
        hint,
      )
    }
    if (variables.has(name)) problems.add('option-repeated', span, `"${name}" is given again; the last value counts`)
    variables.set(name, { name, value })
  }
  return [...variables.values()]
}

/** Value of the variable that lists the names; undefined without any. */
export function variableList(variables: readonly Variable[]): string | undefined {
  return variables.length === 0 ? undefined : variables.map(({ name }) => `+${name}`).join('')
}

/** The file that login shells read. */
export function planEnvironment(variables: readonly Variable[], option: Option | undefined): readonly Resource[] {
  if (option === undefined || variables.length === 0) return []
  const edits = variables.map(({ name, value }) => ({
    edit: 'set' as const,
    key: name,
    // Unlike in the site file an empty value stays: the variable is set, to nothing.
    value: value === '' ? '' : quoteForShell(value),
    separator: '=',
    ...(isSecretName(name) ? { isSecret: true } : {}),
  }))
  const origin = { plugin: 'cernvm', span: option.valueSpan }
  return [{ kind: 'edit', path: PATH, edits, whenMissing: 'create', mode: 0o644, origin }]
}

function isSecretName(name: string): boolean {
  return /PASS|SECRET|TOKEN|CREDENTIAL|KEY/i.test(name)
}
