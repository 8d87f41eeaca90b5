import { CodedError, type FaultOptions } from '@muster/contexts/fault.ts'
import type { Problem } from '@muster/contexts/wire/common.ts'
import { type ApiErrorCode, ERROR_TABLE } from './error-table.ts'

/** What a failing answer may carry beside the code. */
export interface ApiErrorOptions extends FaultOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly errors?: NonNullable<Problem['errors']>
}

/** A request that is refused; status, title and hint are in the error table. */
export class ApiError extends CodedError<ApiErrorCode> {
  readonly headers: Readonly<Record<string, string>>
  readonly errors: Problem['errors']

  constructor(code: ApiErrorCode, message?: string, options: ApiErrorOptions = {}) {
    super(code, message ?? ERROR_TABLE[code].explanation, options)
    this.headers = options.headers ?? {}
    this.errors = options.errors
  }
}

/** 404 alike for what does not exist and what belongs to somebody else. */
export function notFound(): ApiError {
  return new ApiError('not-found')
}

/** 429 with Retry-After. @param retryAfterMs - rounded up to whole seconds */
export function slowDown(retryAfterMs: number, message?: string): ApiError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new ApiError('slow-down', message, { headers: { 'retry-after': String(seconds) } })
}
