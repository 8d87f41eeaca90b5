import type { ConsoleBody, ConsoleView } from '../console/view.ts'
import { activityWords, contextWords, userDataWords } from '../console/words.ts'

/** What the machine does in one line, for `systemctl status` and logs: never the PIN. */
export function statusLine({ body, userData }: Pick<ConsoleView, 'body' | 'userData'>): string {
  const said = bodyLine(body)
  return userData === undefined || userData.phase === 'applied'
    ? said
    : `${said}; user-data: ${userDataWords(userData)}`
}

function bodyLine(body: ConsoleBody): string {
  switch (body.kind) {
    case 'starting':
      return 'not paired, asking for a PIN'
    case 'offline':
      return `not paired: ${body.trouble.detail}`
    case 'pausing':
      return 'not paired, pausing after wrong PINs'
    case 'pin':
      return 'not paired, a PIN is on the console'
    case 'completing':
      return `being paired with ${body.login}`
    case 'paired': {
      const context = body.context === undefined ? 'no context' : contextWords(body.context)
      return `paired with ${body.owner}, ${context}, ${activityWords(body.activity)}`
    }
    case 'forgotten':
      return `${body.owner} has removed this machine`
    case 'member':
      return 'works in a cluster'
    case 'alone':
      return 'has no coordinator'
    case 'stopped':
      return 'stopped'
  }
}
