import { Value } from 'typebox/value'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import type { Diagnostic } from '../userdata/diagnostic.ts'
import { MAX_DIAGNOSTICS } from '../userdata/problem.ts'
import { didYouMean } from '../userdata/suggest.ts'
import { type Position, type Span, START } from '../userdata/text.ts'
import { NewCluster } from '../wire/clusters.ts'
import { unknownKeys } from './definition-keys.ts'
import { findClusterProblems } from './problems.ts'

/** Largest file; a definition of 64 services is far below. */
export const MAX_DEFINITION_CHARS = 256 * 1024
/** Version of the file that is read. */
export const CLUSTER_API_VERSION = 'muster/v1'

/** A definition from a file, or none after an error, with all problems. */
export interface DecodedCluster {
  readonly cluster: NewCluster | undefined
  readonly diagnostics: readonly Diagnostic[]
}

type Path = readonly (string | number)[]

/** Where things stand in the text. */
interface Source {
  readonly document: Document
  readonly lines: LineCounter
}

/**
 * Reads a cluster's definition file, YAML or JSON: `apiVersion: muster/v1`, `kind: Cluster`. Unknown keys are warnings and
 * left out; everything else that is wrong is an error. All problems are reported at once, in the order of the text.
 */
export function decodeClusterFile(text: string): DecodedCluster {
  if (text.length > MAX_DEFINITION_CHARS) {
    return failed([{ severity: 'error', code: 'too-large', message: 'The file is too large', span: START }])
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const source = { document, lines }
  if (document.errors.length > 0) {
    const first = document.errors.slice(0, MAX_DIAGNOSTICS)
    return failed(first.map(({ message, pos }) => error(spanOf(lines, pos[0], pos[1]), 'syntax', message)))
  }
  return decodeTree(treeOf(document), source)
}

function decodeTree(tree: unknown, source: Source): DecodedCluster {
  if (!isMap(tree)) return failed([error(START, 'syntax', 'The file is no definition of a cluster')])
  const diagnostics = [...headProblems(tree, source), ...unknownProblems(tree, source), ...kindProblems(tree, source)]
  const wish = Value.Clean(NewCluster, toWire(tree))
  const broken = schemaProblems(wish, source)
  diagnostics.push(...broken)
  const isSound = broken.length === 0 && Value.Check(NewCluster, wish)
  if (isSound) {
    for (const { path, message, hint } of findClusterProblems(wish)) {
      diagnostics.push(error(placeOf(toFilePath(path), source), 'invalid-value', message, hint))
    }
  }
  const sorted = diagnostics
    .toSorted((left, right) => left.span.start.offset - right.span.start.offset)
    .slice(0, MAX_DIAGNOSTICS)
  const isUsable = isSound && !diagnostics.some(({ severity }) => severity === 'error')
  return { cluster: isUsable ? wish : undefined, diagnostics: sorted }
}

function headProblems(tree: YamlMap, source: Source): readonly Diagnostic[] {
  const wanted = { apiVersion: CLUSTER_API_VERSION, kind: 'Cluster' }
  return Object.entries(wanted).flatMap(([key, value]) => {
    if (tree[key] === value) return []
    return [error(placeOf([key], source), 'invalid-value', `${key} must be ${value}`, `Write: ${key}: ${value}`)]
  })
}

function unknownProblems(tree: YamlMap, source: Source): readonly Diagnostic[] {
  return unknownKeys(tree).map(({ path, known }) => {
    const key = String(path.at(-1))
    const hint = didYouMean(key, known)
    const message = `There is no key "${key}" here; it is ignored`
    const span = placeOf(path, source)
    return { severity: 'warning', code: 'unknown-key', message, span, ...(hint === undefined ? {} : { hint }) }
  })
}

/** `type` and `placement`, which are one field on the wire. */
function kindProblems(tree: YamlMap, source: Source): readonly Diagnostic[] {
  return listOf(tree['services']).flatMap((service, index) => {
    if (!isMap(service)) return []
    const { type, placement } = service
    if (type !== 'fixed' && type !== 'scalable') {
      return [error(placeOf(['services', index, 'type'], source), 'invalid-value', 'type must be fixed or scalable')]
    }
    const span = placeOf(['services', index, 'placement'], source)
    if (type === 'scalable' && placement !== undefined) {
      return [error(span, 'invalid-value', 'A scalable service has no placement')]
    }
    if (placement === undefined || placement === 'singleton' || placement === 'perCloud') return []
    return [error(span, 'invalid-value', 'placement must be singleton or perCloud')]
  })
}

/** One problem for each place; those of alternatives say less than the first. */
function schemaProblems(wish: unknown, source: Source): readonly Diagnostic[] {
  const told = new Set<string>()
  return Value.Errors(NewCluster, wish).flatMap(({ instancePath, message }) => {
    // What kind a service is, was told in the words of the file.
    if (told.has(instancePath) || instancePath.endsWith('/kind')) return []
    told.add(instancePath)
    const path = toFilePath(instancePath.split('/').slice(1).map(indexOrName))
    const name = path.length === 0 ? 'The definition' : String(path.at(-1))
    return [error(placeOf(path, source), 'invalid-value', `${name} ${message}`)]
  })
}

type YamlMap = Readonly<Record<string, unknown>>

/** The definition as the API takes it; what has another form stays as it is, for the schema to refuse. */
function toWire(tree: YamlMap): unknown {
  const metadata = isMap(tree['metadata']) ? tree['metadata'] : {}
  return {
    name: metadata['name'],
    ...(metadata['description'] === undefined ? {} : { description: metadata['description'] }),
    services: Array.isArray(tree['services']) ? tree['services'].map(serviceToWire) : tree['services'],
    clouds: Array.isArray(tree['clouds']) ? tree['clouds'].map(cloudToWire) : tree['clouds'],
  }
}

function serviceToWire(service: unknown): unknown {
  if (!isMap(service)) return service
  const { type, placement, ...rest } = service
  const fixed = placement === 'perCloud' ? 'per-cloud' : 'singleton'
  return { ...rest, kind: type === 'scalable' ? 'scalable' : fixed }
}

function cloudToWire(cloud: unknown): unknown {
  if (!isMap(cloud)) return cloud
  const { agent, ...rest } = cloud
  return { ...rest, name: agent }
}

/** From the names of the wire to those of the file. */
function toFilePath(path: Path): Path {
  const [first, index, third, ...rest] = path
  if (first === 'name' || first === 'description') return ['metadata', ...path]
  if (first === 'services' && third === 'kind' && index !== undefined) return ['services', index, 'type']
  if (first === 'clouds' && third === 'name' && index !== undefined) return ['clouds', index, 'agent', ...rest]
  return path
}

/** The value at a path, or what is nearest above it when nothing is there. */
function placeOf(path: Path, { document, lines }: Source): Span {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range)
      return spanOf(lines, node.range[0], length === path.length ? node.range[1] : node.range[0])
  }
  return START
}

function spanOf(lines: LineCounter, from: number, to: number): Span {
  return { start: positionOf(lines, from), end: positionOf(lines, to) }
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { offset, line: Math.max(1, line), column: Math.max(1, col) }
}

/** Anchors that multiply are refused by the library, which throws then. */
function treeOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function indexOrName(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text
}

function error(span: Span, code: string, message: string, hint?: string): Diagnostic {
  return { severity: 'error', code, message, span, ...(hint === undefined ? {} : { hint }) }
}

function failed(diagnostics: readonly Diagnostic[]): DecodedCluster {
  return { cluster: undefined, diagnostics }
}
