import {
  folderOf,
  PROGRAM_FILE,
  UNIT_FILE,
  UNIT_NAME,
  UNIT_TEXT,
  WANTED_FILE,
  WANTED_TEXT,
  WORK_FOLDER,
} from './layout.ts'
import { SCRIPT_START } from './script-start.ts'
import { quoteShell } from './shell-quote.ts'

const END = 'END_OF_MUSTER_BOOTSTRAP'

/**
 * The bootstrap as a script of its own: `sh FILE [ROOT]`. Where systemd runs it puts the unit there and starts it, as
 * the cloud-config does; elsewhere it does the work itself, a few tries.
 */
export function renderScript(program: string, about: readonly string[]): string {
  return `${SCRIPT_START.join('\n')}
${about.map((line) => `# ${line}`).join('\n')}
set -eu
umask 077
root=\${1:-/}
root=\${root%/}
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
  echo "muster-bootstrap: only root can install the agent. Next: run it with sudo." >&2
  exit 77
fi
mkdir -p "$root${WORK_FOLDER}"
cat >"$root${PROGRAM_FILE}" <<'${END}'
${program}${END}
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  umask 022
  mkdir -p ${folderOf(WANTED_FILE)}
  ${writeLines(UNIT_TEXT, UNIT_FILE)}
  ${writeLines(WANTED_TEXT, WANTED_FILE)}
  systemctl daemon-reload
  systemctl start --no-block ${UNIT_NAME}
  echo "muster-bootstrap: the agent is being installed; follow it with: journalctl -fu muster-bootstrap"
else
  /bin/sh "$root${PROGRAM_FILE}" "$root/" 10
fi
exit 0
`
}

function writeLines(text: string, file: string): string {
  const words = text.trimEnd().split('\n').map(quoteShell)
  return `printf '%s\\n' ${words.join(' ')} >${file}`
}
