/** Where everything is inside a machine. The one place that says so. */
export const PATHS = {
  /** Folder that is ours alone. */
  home: '/usr/lib/muster',
  /** The executable that the image was built with; self-update leaves it alone. */
  agent: '/usr/lib/muster/muster-agent',
  /** What was installed, for `verify` and `uninstall`. */
  manifest: '/usr/lib/muster/manifest.json',
  /** Starts the executable that self-update has chosen, or the one of the image. */
  launcher: '/usr/bin/muster-agent',
  unit: '/usr/lib/systemd/system/muster-agent.service',
  consoleUnit: '/usr/lib/systemd/system/muster-console.service',
  /** Speaks on the consoles until the agent runs. */
  startingUnit: '/usr/lib/systemd/system/muster-starting.service',
  starting: '/usr/lib/muster/starting.sh',
  preset: '/usr/lib/systemd/system-preset/50-muster.preset',
  tmpfiles: '/usr/lib/tmpfiles.d/muster.conf',
  cloudInitTmpfiles: '/usr/lib/tmpfiles.d/muster-cloud-init.conf',
  /** Where links to enabled units are. */
  enabledUnits: '/etc/systemd/system/multi-user.target.wants',
  /** getty shows what it leads to above each login prompt. */
  issueLink: '/etc/issue.d/50-muster.issue',
  /** Written by the agent while it runs; holds the PIN. */
  issue: '/run/muster/muster.issue',
  config: '/etc/muster/agent.conf',
  releaseKeys: '/etc/muster/release.keys',
  /** Membership in a cluster, with a token; put there by whoever makes the machine. */
  join: '/etc/muster/join.conf',
  cloudConfig: '/etc/cloud/cloud.cfg.d/50_muster.cfg',
  /** Folder from which cloud-init loads part handlers; `cloud-init clean` empties it. */
  partHandlers: '/var/lib/cloud/handlers',
  partHandler: '/var/lib/cloud/handlers/muster_part_handler.py',
  /** Where the part handler is kept, for tmpfiles to put back. */
  keptPartHandler: '/usr/share/muster/cloud-init/muster_part_handler.py',
  profile: '/etc/profile.d/muster-environment.sh',
  selinuxContexts: '/usr/share/muster/selinux/muster.fc',
  /** Names of bash that old contexts and their tools expect. */
  shellNames: ['/bin/sh.before', '/bin/sh.after'],
  /** What the agent keeps over reboots: its key, journal, versions. */
  state: '/var/lib/muster',
  versions: '/var/lib/muster/versions',
  machineId: '/etc/machine-id',
} as const

/** Terminal of the machine's screen that is the agent's, far from those of the login prompts. */
export const FULL_SCREEN_TERMINAL = '/dev/tty8'

/** Mode of the state directory: it holds keys. */
export const STATE_MODE = 0o700
