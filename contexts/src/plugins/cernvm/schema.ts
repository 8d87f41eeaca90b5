import type { KeySchema, PluginSchema } from '../schema.ts'

const SOFTWARE: readonly KeySchema[] = [
  {
    key: 'organisations',
    type: 'list',
    description:
      'Experiments, for example ALICE. At login their environment is loaded for members of the group of that name. The first one is the group of users that name none.',
    example: 'ATLAS',
  },
  {
    key: 'repositories',
    type: 'list',
    description: 'CernVM-FS repositories to mount, by short or full name.',
    example: 'atlas,atlas-condb,grid,sft',
  },
  {
    key: 'extra_repositories',
    type: 'repositories',
    description: 'Repositories of others, with their server and their public key in base64.',
    example: 'repo.example.org|stratum1.example.org|LS0tLS1CRUdJTi...',
  },
  {
    key: 'proxy',
    type: 'text',
    description: 'Proxies of CernVM-FS.',
    example: 'http://squid.example.org:3128;DIRECT',
  },
  {
    key: 'entitlement_key',
    type: 'text',
    isSecret: true,
    description: 'Entitlement key of CernVM-FS (a UUID).',
    example: '00000000-0000-4000-8000-000000000000',
  },
]

const ACCOUNTS: readonly KeySchema[] = [
  {
    key: 'users',
    type: 'users',
    isSecret: true,
    description:
      'Accounts to make. The password is plain text or a hash in any modular crypt format; without one a random password is set that nobody knows. The first account that is made may administrate the machine.',
    example: 'alice:alice:$6$salt$hash,bob:physics:',
  },
  {
    key: 'shell',
    type: 'text',
    default: '/bin/bash',
    description: 'Login shell of these accounts.',
    example: '/bin/bash',
  },
  {
    key: 'environment',
    type: 'environment',
    description:
      'Environment variables of everybody who logs in. A value may hold "=", but no comma; it is written as it stands, without expanding variables.',
    example: 'EDITOR=vim,ATLAS_LOCAL_ROOT_BASE=/cvmfs/atlas.cern.ch/repo/ATLASLocalRootBase',
  },
  {
    key: 'x509-user',
    type: 'text',
    description: 'Owner of the grid proxy; without it the first of the users, or root.',
    example: 'alice',
  },
  {
    key: 'x509-cert',
    type: 'base64',
    isSecret: true,
    description: 'Grid proxy in base64, installed where grid tools look for it.',
    example: 'LS0tLS1CRUdJTi...',
  },
  {
    key: 'x509-cert-file',
    type: 'text',
    description: 'Path of a file on the machine that is copied there instead.',
    example: '/mnt/shared/proxy.pem',
  },
]

const DESKTOP: readonly KeySchema[] = [
  {
    key: 'edition',
    type: 'text',
    description: 'Desktop starts a graphical desktop, anything else does not.',
    choices: ['Basic', 'Desktop'],
    example: 'Desktop',
  },
  { key: 'startxdm', type: 'boolean', description: 'Whether a Desktop starts its graphical login.', example: 'on' },
  {
    key: 'auto_login',
    type: 'boolean',
    default: 'off',
    description: 'Logs the first user in on the desktop without asking.',
    example: 'on',
  },
  { key: 'screenres', type: 'text', description: 'Screen resolution; recorded for the image.', example: '1280x800' },
  { key: 'keyboard', type: 'text', description: 'Keyboard layout; recorded for the image.', example: 'us' },
  {
    key: 'desktop_icons',
    type: 'icons',
    description:
      'Icons for the desktops of new users: NAME,BASE64 separated by "%", "~" in a name meaning a space; the base64 is that of a .desktop file.',
    example: 'My~Tool,W0Rlc2t0b3AgRW50cnld',
  },
]

const MACHINE: readonly KeySchema[] = [
  {
    key: 'services',
    type: 'list',
    description: 'Services to enable and start, after users exist.',
    example: 'eosd,sshd',
  },
  {
    key: 'contextualization_command',
    type: 'text',
    description: 'Command that a user runs, last of all, once for each version of the context: USER:COMMAND.',
    example: 'alice:/usr/bin/touch /tmp/ready',
  },
  {
    key: 'swap_size',
    type: 'text',
    description: 'Size of a swap file: a number with K, M, G or T; auto for 2 GiB for each CPU; off for none.',
    example: '2G',
  },
  {
    key: 'griduiversion',
    type: 'text',
    description: 'Version of the grid tools; recorded for the image.',
    example: 'default',
  },
  {
    key: 'contextualization_key',
    type: 'text',
    isSecret: true,
    description: 'ID, or ID:SECRET, of a context of the old web site; recorded for its client.',
    example: '0123456789abcdef0123456789abcdef',
  },
  {
    key: 'eos-server',
    aliases: ['eos_server'],
    type: 'text',
    description: 'EOS storage to mount, by host or root:// URL.',
    example: 'root://eospublic.cern.ch',
  },
  {
    key: 'eos-user',
    aliases: ['eos_user'],
    type: 'text',
    description: 'Owner of the mount point; without it the first of the users, or root.',
    example: 'alice',
  },
  {
    key: 'eos-x509-cert',
    aliases: ['eos_x509_cert'],
    type: 'base64',
    isSecret: true,
    description: 'Grid proxy in base64 for EOS alone.',
    example: 'LS0tLS1CRUdJTi...',
  },
  {
    key: 'eos-readaheadsize',
    aliases: ['eos_readaheadsize'],
    type: 'integer',
    minimum: 0,
    description: 'Read-ahead of EOS in bytes.',
    example: '4000000',
  },
  {
    key: 'eos-readcachesize',
    aliases: ['eos_readcachesize'],
    type: 'integer',
    minimum: 0,
    description: 'Read cache of EOS in bytes.',
    example: '16000000',
  },
]

const IGNORED: readonly KeySchema[] = [
  {
    key: 'config_url',
    type: 'text',
    ignored: 'the machine no longer fetches unsigned configuration',
    description: 'Was the place of a site configuration.',
  },
  { key: 'group_profile', type: 'text', ignored: 'it never had one', description: 'Was a profile of package groups.' },
]

/** Every option of `[cernvm]` (CONTEXT-SPEC 2.3). */
export const cernvmSchema: PluginSchema = {
  description:
    'Users, software repositories, desktop, environment and services of a CernVM. On unless disabled, also without a section; then it records the default shell and that nobody is logged in automatically.',
  keys: [...SOFTWARE, ...ACCOUNTS, ...DESKTOP, ...MACHINE, ...IGNORED],
}
