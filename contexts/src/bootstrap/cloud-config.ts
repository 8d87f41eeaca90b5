import { PROGRAM_FILE, UNIT_FILE, UNIT_NAME, UNIT_TEXT, WANTED_FILE, WANTED_TEXT } from './layout.ts'

/**
 * The bootstrap for cloud-init: three files, and two commands that spare the first boot a reboot. Written by hand and
 * not by a YAML library, so that what people are asked to trust is easy to read.
 *
 * @param program - lines of printable ASCII, the first without a blank at its start
 */
export function renderCloudConfig(program: string, about: readonly string[]): string {
  return `#cloud-config
${about.map((line) => `# ${line}`).join('\n')}
write_files:
- path: ${PROGRAM_FILE}
  permissions: '0700'
  content: |
${indent(program)}
- path: ${UNIT_FILE}
  permissions: '0644'
  content: |
${indent(UNIT_TEXT)}
- path: ${WANTED_FILE}
  permissions: '0644'
  content: |
${indent(WANTED_TEXT)}
runcmd:
- [systemctl, daemon-reload]
- [systemctl, start, --no-block, ${UNIT_NAME}]
`
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n')
}
