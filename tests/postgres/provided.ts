import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Which store this run of the test files is about; absent outside of the runs that choose one. */
    readonly store?: 'postgres'
    /** Folder with the socket of a PostgreSQL server for these tests; absent when none can be started here. */
    readonly postgresSocket?: string
  }
}
