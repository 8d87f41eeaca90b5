/** What one benchmark found: rows for people and programs alike. */
export interface BenchResult {
  readonly name: string
  readonly title: string
  readonly rows: readonly BenchRow[]
  readonly targets: readonly BenchTarget[]
  /** How it was measured, and what limits it; printed below the table. */
  readonly notes: readonly string[]
}

/** One line of a table: what, and numbers by column name (with the unit in the name). */
export interface BenchRow {
  readonly what: string
  readonly numbers: Readonly<Record<string, number>>
}

/** A number that was to be reached. */
export interface BenchTarget {
  readonly wish: string
  readonly measured: number
  readonly isMet: boolean
}

/** A benchmark: why it cannot run here, or how it runs. */
export interface Benchmark {
  readonly name: string
  readonly title: string
  /** Undefined when it can run on this machine. */
  missing(): string | undefined
  run(options: BenchOptions): Promise<BenchResult>
}

/** How much to measure. */
export interface BenchOptions {
  /** Repetitions of the slow measurements; at least 10 unless a quick look was asked for. */
  readonly runs: number
  /** Seconds of load for each turn of a server. */
  readonly loadSeconds: number
  /** How long to watch what goes on by itself. @default what the benchmark finds right */
  readonly minutes?: number
  say(line: string): void
}

/** Renders a result as text, columns aligned. */
export function renderResult(result: BenchResult): string {
  const columns = [...new Set(result.rows.flatMap(({ numbers }) => Object.keys(numbers)))]
  const cells = [
    ['', ...columns],
    ...result.rows.map(({ what, numbers }) => [what, ...columns.map((column) => renderNumber(numbers[column]))]),
  ]
  const widths = ['', ...columns].map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  const lines = cells.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  '),
  )
  const targets = result.targets.map(
    ({ wish, measured, isMet }) => `target: ${wish}: ${renderNumber(measured)}, ${isMet ? 'met' : 'NOT MET'}`,
  )
  const notes = result.notes.map((note) => `note: ${note}`)
  return [result.title, '-'.repeat(result.title.length), ...lines, ...targets, ...notes, ''].join('\n')
}

function renderNumber(value: number | undefined): string {
  if (value === undefined) return ''
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
