import type { Diagnostic } from '../userdata/diagnostic.ts'
import { problem } from '../userdata/problem.ts'
import { START } from '../userdata/text.ts'
import { isEqualResource } from './equal-resource.ts'
import { addressOf, type EditResource, type Resource } from './resource.ts'
import type { TextEdit } from './text-edit.ts'

/** One resource for each address, in the order of the first wish, and the wishes that contradict each other. */
export interface MergeResult {
  readonly resources: readonly Resource[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Joins the wishes of all plugins: equal ones become one, edits of one file are put together, as are the reasons to
 * start a service again, and different wishes for one address are a conflict at the later one.
 */
export function mergeResources(wishes: readonly Resource[]): MergeResult {
  const byAddress = new Map<string, Resource>()
  const diagnostics: Diagnostic[] = []
  for (const wish of wishes) {
    const address = addressOf(wish)
    const known = byAddress.get(address)
    if (known === undefined) byAddress.set(address, wish)
    else if (known.kind === 'edit' && wish.kind === 'edit') {
      byAddress.set(address, mergeEdits(known, wish, diagnostics))
    } else if (known.kind === 'service' && wish.kind === 'service') {
      byAddress.set(address, { ...known, restartOn: [...new Set([...known.restartOn, ...wish.restartOn])] })
    } else if (!isEqualResource(known, wish)) diagnostics.push(conflict(known, wish, describeAddress(known)))
  }
  return { resources: [...byAddress.values()], diagnostics }
}

function mergeEdits(known: EditResource, wish: EditResource, diagnostics: Diagnostic[]): EditResource {
  const edits = [...known.edits]
  const values = new Map<string, string | undefined>()
  for (const edit of known.edits) if (edit.edit === 'set') values.set(edit.key, edit.value)
  for (const edit of wish.edits) {
    if (edit.edit !== 'set') {
      if (!edits.some((one) => isEqualEdit(one, edit))) edits.push(edit)
    } else if (!values.has(edit.key)) {
      edits.push(edit)
      values.set(edit.key, edit.value)
    } else if (values.get(edit.key) !== edit.value) {
      diagnostics.push(conflict(known, wish, `"${edit.key}" in ${known.path}`))
    }
  }
  const whenMissing = WHEN_MISSING.find((one) => one === known.whenMissing || one === wish.whenMissing) ?? 'create'
  return { ...known, edits, whenMissing }
}

/** The strongest first: a file that one wish creates is there for the other. */
const WHEN_MISSING = ['create', 'fail', 'skip'] as const

function isEqualEdit(left: TextEdit, right: TextEdit): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function conflict(known: Resource, wish: Resource, what: string): Diagnostic {
  const first = known.origin.span?.start
  const place = first === undefined ? '' : ` (line ${first.line})`
  const isSamePlugin = known.origin.plugin === wish.origin.plugin
  const who = isSamePlugin
    ? `"${wish.origin.plugin}" asks twice, and differently, for ${what}${place}`
    : `"${wish.origin.plugin}" and "${known.origin.plugin}"${place} ask for different things: ${what}`
  return problem('conflict', wish.origin.span ?? START, who, 'Remove one of the two wishes.')
}

function describeAddress(resource: Resource): string {
  const address = addressOf(resource)
  // The address of a key holds all of it; the account is enough here.
  if (resource.kind === 'ssh-key') return `an ssh key of ${resource.user}`
  return address.replace(/^path:/, '').replace(':', ' ')
}
