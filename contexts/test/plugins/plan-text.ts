import type { InstanceFacts } from '../../src/plan/facts.ts'
import { planContext } from '../../src/plan/plan-context.ts'
import type { Resource, ResourceKind } from '../../src/plan/resource.ts'
import { applyTextEdits } from '../../src/plan/text-edit-apply.ts'
import { Secret } from '../../src/secret.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import type { Diagnostic } from '../../src/userdata/diagnostic.ts'
import { FACTS } from '../example-facts.ts'

/** What a context plans, made easy to compare. */
export interface PlannedText {
  readonly resources: readonly Resource[]
  readonly diagnostics: readonly Diagnostic[]
  readonly codes: readonly string[]
  /** Resources of one kind. */
  of<K extends ResourceKind>(kind: K): readonly Extract<Resource, { kind: K }>[]
  /** Content that the plan gives a file: whole, or by edits of `before`. Undefined when it does not touch it. */
  file(path: string, before?: string): string | undefined
}

/** Plans a text for the example machine; `resources` is empty after an error. */
export function planText(text: string, facts: Partial<InstanceFacts> = {}): PlannedText {
  const { plan, diagnostics } = planContext(decodeContext(text), { ...FACTS, ...facts })
  const resources = plan?.resources ?? []
  return {
    resources,
    diagnostics,
    codes: diagnostics.map((one) => `${one.severity}:${one.code}`),
    of: (kind) => resources.filter((one): one is Extract<Resource, { kind: typeof kind }> => one.kind === kind),
    file(path, before = '') {
      for (const one of resources) {
        if (one.kind === 'edit' && one.path === path) return applyTextEdits(before, one.edits)
        if (one.kind === 'file' && one.path === path) return contentOf(one.content)
      }
      return undefined
    },
  }
}

function contentOf(content: Uint8Array | Secret): string {
  return content instanceof Secret ? content.reveal() : new TextDecoder().decode(content)
}
