import type { SerialConsole } from './serial-console.ts'

/** A person who is logged in on a console. */
export interface Shell {
  /** Runs a command; gives what it printed, without spaces around. @throws when it ends with another code than 0 */
  run(command: string): Promise<string>
  logOut(): Promise<void>
}

/**
 * The prompt of a getty; `login` also says when the last login was. Not only at the end of what is shown: the kernel and
 * cloud-init write on the same console whenever they like.
 */
const LOGIN = /^(?!Last )\S+ login: /m
/** A getty asks anew whenever its issue file has changed, and forgets what was typed: a person types it again. */
const MAX_TRIES = 10

/** Logs in on a console that shows the login prompt, or will. @throws when the machine refuses it again and again */
export async function logIn(console: SerialConsole, user: string, password: string): Promise<Shell> {
  await console.expect(LOGIN)
  for (let tries = 0; tries < MAX_TRIES; tries++) if (await isLetIn(console, user, password)) return shellOn(console)
  throw new Error(`${user} cannot log in:\n${console.text().slice(-2_000)}`)
}

/** One try at a login prompt; ends at the prompt of a shell, or at the next login prompt. */
async function isLetIn(console: SerialConsole, user: string, password: string): Promise<boolean> {
  const named = console.mark()
  console.type(`${user}\n`)
  const [asked] = await console.expect(/Password: |^(?!Last )\S+ login: /m, { after: named })
  if (!asked.startsWith('Password')) return false
  const proved = console.mark()
  console.type(`${password}\n`)
  const [answer] = await console.expect(/^\S+@\S+[$#] |^(?!Last )\S+ login: /m, { after: proved })
  return !answer.endsWith('login: ')
}

function shellOn(console: SerialConsole): Shell {
  let commands = 0
  return {
    async run(command) {
      commands += 1
      const from = console.mark()
      // The quotes keep the echo of what is typed from looking like what is printed.
      console.type(`echo '<'${commands}; ${command}; printf '\\n>'${commands}:%s'\\n' $?\n`)
      const pattern = new RegExp(`^<${commands}\\n([\\s\\S]*?)^>${commands}:(\\d+)$`, 'm')
      const [, said = '', code] = await console.expect(pattern, { after: from })
      if (code !== '0') throw new Error(`${command} ended with ${code}: ${said}`)
      return said.trim()
    },
    async logOut() {
      const from = console.mark()
      console.type('exit\n')
      await console.expect(LOGIN, { after: from })
    },
  }
}
