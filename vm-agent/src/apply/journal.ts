/**
 * A moment of the journal, for tests that stop the process there: `before` or `after` writing a record, changing the
 * machine or closing the transaction.
 */
export interface JournalStep {
  readonly when: 'before' | 'after'
  readonly what: 'begin' | 'intent' | 'change' | 'done' | 'commit' | 'undo' | 'undone' | 'remove'
}
