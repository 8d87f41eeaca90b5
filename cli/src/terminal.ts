import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { Secret } from '@muster/contexts/secret.ts'
import { CliError } from './cli-error.ts'

/** Styles of the words that deserve one; never the only carrier of a meaning. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Streams of the process. */
export interface TerminalStreams {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly errors: NodeJS.WriteStream
}

/** How much is said. */
export interface TerminalOptions {
  /** Nothing but results and errors. */
  readonly isQuiet: boolean
  /** Results as JSON; implies quiet. */
  readonly isJson: boolean
}

/** Talks with the person: results on standard output, everything else on standard error. */
export interface Terminal {
  readonly isJson: boolean
  /** Whether questions can be answered. */
  readonly isInteractive: boolean
  /** Whether standard error is a terminal. */
  readonly hasScreen: boolean
  /** Result for people; nothing with --json. Ends the line. */
  print(text: string): void
  /** A text as it is, byte for byte; nothing with --json. */
  printText(text: string): void
  /** Result for programs; nothing without --json. */
  printJson(value: unknown): void
  /** What happens meanwhile; nothing with --quiet or --json. */
  note(text: string): void
  /** Warnings and errors. */
  warn(text: string): void
  /** A text with a style, where the stream shows styles and NO_COLOR is not set. */
  paint(style: Style, text: string, stream?: 'output' | 'errors'): string
  /** @throws {CliError} not-interactive; the signal's reason on Ctrl-C */
  ask(question: string, signal: AbortSignal): Promise<string>
  /** True for yes. @throws as `ask` */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
  /** Asks without echo. @throws as `ask` */
  askHidden(question: string, signal: AbortSignal): Promise<Secret>
  /** Everything from standard input. @throws {CliError} bad-file - more than `maxBytes` */
  readInput(maxBytes: number): Promise<Uint8Array>
}

/** The terminal of a process. */
export function createTerminal(streams: TerminalStreams, options: TerminalOptions): Terminal {
  const { input, output, errors } = streams
  const isInteractive = input.isTTY === true && errors.isTTY === true
  const isSilent = options.isQuiet || options.isJson

  async function prompt(question: string, isHidden: boolean, signal: AbortSignal): Promise<string> {
    if (!isInteractive) {
      throw new CliError('not-interactive', `There is nobody to ask: ${question}`, {
        hint: 'Give the answer as an option; see --help.',
      })
    }
    const screen = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : errors
    const lines = createInterface({ input, output: screen, terminal: true, prompt: '' })
    // Only now does the terminal no longer echo by itself: what is typed at once must not show either.
    errors.write(question)
    const interrupted = new AbortController()
    lines.on('SIGINT', () => interrupted.abort(new DOMException('stopped by Ctrl-C', 'AbortError')))
    lines.on('close', () => interrupted.abort(new DOMException('the input ended', 'AbortError')))
    try {
      return await lines.question('', { signal: AbortSignal.any([signal, interrupted.signal]) })
    } finally {
      lines.close()
      if (isHidden) errors.write('\n')
    }
  }

  return {
    isJson: options.isJson,
    isInteractive,
    hasScreen: errors.isTTY === true,
    print(text) {
      if (!options.isJson) output.write(`${text}\n`)
    },
    printText(text) {
      if (!options.isJson) output.write(text)
    },
    printJson(value) {
      if (options.isJson) output.write(`${JSON.stringify(value, undefined, 2)}\n`)
    },
    note(text) {
      if (!isSilent) errors.write(`${text}\n`)
    },
    warn(text) {
      errors.write(`${text}\n`)
    },
    paint: (style, text, stream = 'output') => styleText(style, text, { stream: streams[stream] }),
    ask: (question, signal) => prompt(question, false, signal),
    async confirm(question, signal) {
      const answer = (await prompt(`${question} [y/N] `, false, signal)).trim().toLowerCase()
      return answer === 'y' || answer === 'yes'
    },
    askHidden: async (question, signal) => new Secret(await prompt(question, true, signal)),
    readInput: (maxBytes) => readAll(input, maxBytes),
  }
}

async function readAll(input: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += bytes.length
    if (size > maxBytes) {
      throw new CliError('bad-file', `Standard input is larger than ${maxBytes} bytes`, {
        hint: 'Check what is piped into this command.',
      })
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
