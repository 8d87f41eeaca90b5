import { type ApiErrorCode, ERROR_TABLE } from './error-table.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{font-size:1em}dt{font-weight:600;margin-top:1rem}dd{margin:0}'

/** The page that explains one error code. */
export function renderProblemPage(code: ApiErrorCode): string {
  const { status, title, hint, explanation } = ERROR_TABLE[code]
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1><dl><dt>Code</dt><dd><code>${code}</code></dd><dt>HTTP status</dt><dd>${status}</dd>
<dt>What it means</dt><dd>${escapeHtml(explanation)}</dd><dt>What to do</dt><dd>${escapeHtml(hint)}</dd></dl>
<p><a href="/problems">All codes</a></p>`,
  )
}

/** The list of all error codes. */
export function renderProblemIndex(): string {
  const rows = Object.entries(ERROR_TABLE).map(
    ([code, { status, title }]) =>
      `<tr><td>${status}</td><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${escapeHtml(title)}</td></tr>`,
  )
  return page('Error codes', `<h1>Error codes</h1><table>${rows.join('\n')}</table>`)
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · Muster</title><style>${STYLE}</style></head><body>${body}</body></html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
