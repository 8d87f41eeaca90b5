/** What the bootstrap uses in a machine until the agent is installed; all of it is removed then. */
export const WORK_FOLDER = '/var/lib/muster-bootstrap'
export const PROGRAM_FILE = `${WORK_FOLDER}/bootstrap.sh`
export const UNIT_NAME = 'muster-bootstrap.service'
export const UNIT_FILE = `/etc/systemd/system/${UNIT_NAME}`
/**
 * Starts the unit at every boot. A file, since cloud-init writes files and no links; so nothing but the first start
 * depends on a command.
 */
export const WANTED_FILE = '/etc/systemd/system/multi-user.target.d/muster-bootstrap.conf'

/** Text of the unit. It is of type simple, so that a boot does not wait for the network as long as the unit does. */
export const UNIT_TEXT = `[Unit]
Description=Install the Muster agent
Wants=network-online.target
After=network-online.target
ConditionPathExists=${PROGRAM_FILE}

[Service]
Type=simple
ExecStart=/bin/sh ${PROGRAM_FILE}
EnvironmentFile=-/etc/environment
Restart=on-failure
RestartSec=60
RestartPreventExitStatus=78
StandardOutput=journal+console
`

/** Text of the file that starts the unit at every boot. */
export const WANTED_TEXT = `[Unit]
Wants=${UNIT_NAME}
`

/** The folder that a file is in. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
