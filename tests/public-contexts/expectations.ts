import { desktop, type Expectation, type ExpectedFile } from './expectation.ts'
import { type PublicContext, readPublicContext } from './public-context.ts'

/**
 * The first user that is created on a machine may become root and use containers (CONTEXT-SPEC 2.3.1): `wheel` as on
 * CernVM, and `sudo`, which is what Debian's sudo asks for.
 */
const FIRST_USER = ['docker', 'sudo', 'wheel'] as const

const XROOTD: ExpectedFile = {
  path: '/etc/profile.d/xrootd-protocol.sh',
  mode: 0o644,
  content: '\nexport XrdSecPROTOCOL=unix\n\n',
}

const ALEPH_HASH = '$6$WIjSh7.v$jgTz4226ZKro4B1TmeMjWr09LYgKG0qzNIp.iWFAdoJVb4Vgsierq/q0q.fAUbCOB.r1U10SKrMy6EBqZ6aCj/'

const CMS_ICON = `[Desktop Entry]
Version=1.0
Encoding=UTF-8
Type=Link
Name=Read Me
Comment=
Icon=/usr/share/icons/cms.jpg
URL=http://opendata.cern.ch/VM/CMS
GenericName=
`

/** Text of a launcher that starts a program in a terminal. */
function terminalIcon(name: string, exec: string): string {
  const head = `[Desktop Entry]\nVersion=1.0\nType=Application\nName=${name}\nComment=\nExec=${exec}\n`
  return `${head}Icon=utilities-terminal\nPath=\nTerminal=true\nStartupNotify=false\n`
}

/** An icon stands in the skeleton of new accounts and, through it, on the user's desktop. */
function icon(user: string, name: string, content: string): readonly ExpectedFile[] {
  return [
    { path: `/etc/skel/Desktop/${name}.desktop`, mode: 0o755, content },
    { path: `/home/${user}/Desktop/${name}.desktop`, mode: 0o755, owner: user, content },
  ]
}

/** The value of `desktop_icons`, which is kept as it was given; the icons themselves are compared decoded. */
function iconsIn(context: PublicContext): string {
  return /^desktop_icons=(.+)$/m.exec(readPublicContext(context))?.[1] ?? ''
}

/** One row for each public context. */
export const EXPECTATIONS: readonly Expectation[] = [
  {
    context: 'aleph',
    user: {
      name: 'ganis',
      group: 'sf',
      supplementary: [...FIRST_USER, 'users'].sort(),
      password: { hash: ALEPH_HASH },
    },
    cernvm: desktop('ganis', 'sf'),
    cvmfs: { CVMFS_REPOSITORIES: 'sft.cern.ch,aleph.cern.ch' },
    environment: undefined,
    enabled: ['eosd'],
    desktopOf: 'ganis',
    // The script runs before the account exists and cannot give the folder away (CONTEXT-SPEC 6.3); the plugin does.
    directories: [{ path: '/eos', owner: 'ganis' }],
    files: [
      { path: '/usr/bin/mount-eos', mode: 0o755, content: /^#!\/bin\/sh\n[\s\S]*\neos fuse mount \/eos\n\n$/ },
      {
        path: '/usr/bin/aleph-shell',
        mode: 0o755,
        content: /^#!\/bin\/sh\nTMPRC=\$\(mktemp\)\n[\s\S]*\nrm -f \$TMPRC\n$/,
      },
      XROOTD,
      { path: '/etc/sysconfig/eos', mode: 0o644, content: /public/ },
      { path: '/etc/sysconfig/eos.public', mode: 0o644, content: /eospublic\.cern\.ch/ },
    ],
    links: {},
    script: 'succeeds',
  },
  {
    context: 'alice',
    user: { name: 'alice', group: 'alice', supplementary: FIRST_USER, password: { plain: 'alice' } },
    cernvm: desktop('alice', 'alice', { CERNVM_ORGANISATION: 'ALICE' }),
    cvmfs: { CVMFS_REPOSITORIES: 'alice,alice-ocdb,grid,sft' },
    environment: undefined,
    enabled: [],
    desktopOf: 'alice',
    files: [
      {
        path: '/home/alice/.bashrc',
        mode: 0o644,
        owner: 'alice',
        content: /\nif \[ "\$PS1" \]; then\n {2}if \[ "x\$CERNVM_ALICE_ENV" = "x" \]; then\n[\s\S]*\nfi\n$/,
        once: '. /cvmfs/alice.cern.ch/etc/login.sh || true',
      },
    ],
    links: {},
    script: 'succeeds',
  },
  {
    context: 'atlas',
    user: { name: 'atlas', group: 'atlas', supplementary: FIRST_USER, password: { plain: 'atlas' } },
    cernvm: desktop('atlas', 'atlas', {
      CERNVM_ORGANISATION: 'ATLAS',
      CERNVM_ENVIRONMENT_VARS: '+ATLAS_LOCAL_ROOT_BASE',
    }),
    cvmfs: { CVMFS_REPOSITORIES: 'atlas,atlas-condb,atlas-nightlies,grid,sft' },
    environment: { ATLAS_LOCAL_ROOT_BASE: '/cvmfs/atlas.cern.ch/repo/ATLASLocalRootBase' },
    enabled: [],
    desktopOf: 'atlas',
    files: [
      {
        path: '/etc/profile.d/asetup.sh',
        mode: 0o644,
        content: `alias setupATLAS='source \${ATLAS_LOCAL_ROOT_BASE}/user/atlasLocalSetup.sh'\n`,
      },
    ],
    links: {},
    script: 'succeeds',
  },
  {
    context: 'cms-opendata',
    user: {
      name: 'cms-opendata',
      group: 'cms-opendata',
      supplementary: FIRST_USER,
      password: { plain: 'password' },
    },
    cernvm: desktop('cms-opendata', 'cms-opendata', { CERNVM_DESKTOP_ICONS: iconsIn('cms-opendata') }),
    cvmfs: { CVMFS_REPOSITORIES: 'cms.cern.ch,cms-opendata-conddb.cern.ch' },
    environment: undefined,
    enabled: [],
    desktopOf: 'cms-opendata',
    files: [
      { path: '/etc/cvmfs/default.local', mode: 0o644, content: 'CVMFS_QUOTA_LIMIT=10000 # 10G cache\n' },
      {
        path: '/etc/cvmfs/config.d/cms.cern.ch.local',
        mode: 0o644,
        content: 'export CMS_LOCAL_SITE=/etc/cms/SITECONF/T2_UK_London_IC\n',
      },
      {
        path: '/etc/profile.d/cms.sh',
        mode: 0o755,
        content: 'export SCRAM_ARCH=slc5_amd64_gcc434\nsource /cvmfs/cms.cern.ch/cmsset_default.sh\n',
      },
      {
        path: '/usr/bin/cms-shell',
        mode: 0o755,
        content: /^#!\/bin\/sh\nTMPRC=\$\(mktemp\)\n[\s\S]*\nrm -f \$TMPRC\n$/,
      },
      XROOTD,
      {
        path: '/etc/cms/SITECONF/T2_UK_London_IC/PhEDEx/storage.xml',
        mode: 0o644,
        content: /^\n<storage-mapping>\n[\s\S]*\n<\/storage-mapping>\n\n$/,
      },
      {
        path: '/etc/cms/SITECONF/T2_UK_London_IC/JobConfig/site-local-config.xml',
        mode: 0o644,
        content: /^\n<site-local-config>\n[\s\S]*\n<\/site-local-config>\n\n$/,
      },
      ...icon('cms-opendata', 'CMS OpenData', CMS_ICON),
      ...icon('cms-opendata', 'CMS Shell', terminalIcon('CMS Shell', '/usr/bin/cms-shell')),
    ],
    links: { '/etc/cvmfs/SITECONF': '/cvmfs/cms.cern.ch/SITECONF', '/etc/cms/SITECONF/local': 'T2_UK_London_IC' },
    script: 'succeeds',
  },
  {
    context: 'default',
    user: { name: 'user', group: 'user', supplementary: FIRST_USER, password: { plain: 'password' } },
    cernvm: desktop('user', 'user', { CERNVM_SCREEN_RES: '1280x800', CERNVM_KEYBOARD: 'us-acentos' }),
    cvmfs: { CVMFS_REPOSITORIES: 'sft,grid' },
    environment: undefined,
    enabled: [],
    desktopOf: 'user',
    files: [],
    links: {},
    script: 'succeeds',
  },
  {
    context: 'fcc-tutorial',
    user: { name: 'fccuser', group: 'fccuser', supplementary: FIRST_USER, password: { plain: 'xpass' } },
    cernvm: desktop('fccuser', 'fccuser', { CERNVM_ORGANISATION: 'FCC', CERNVM_SERVICES: 'eosd,sshd' }),
    cvmfs: { CVMFS_REPOSITORIES: 'grid,sft,clicdp' },
    environment: undefined,
    enabled: ['eosd', 'ssh'],
    desktopOf: 'fccuser',
    files: [
      {
        path: '/usr/bin/eosinit',
        mode: 0o755,
        content: 'us=$1\nif [ "x$us" = "x" ]; then\n  us=$USER\nfi\nkinit $us@CERN.CH\n\n',
      },
      { path: '/home/fccuser/setup-fccsw.sh', mode: 0o755, content: /CERNVM_HSF_ENV=1\n {2}fi\nfi\n$/ },
      { path: '/home/fccuser/setup-dirac.sh', mode: 0o755, content: /dirac-proxy-init -g fcc_user\n[\s\S]*\nfi\n$/ },
      {
        path: '/home/fccuser/.bashrc',
        mode: 0o644,
        owner: 'fccuser',
        content: /source ~\/setup-fccsw\.sh/,
        once: 'To enable EOS access please do',
      },
    ],
    links: {},
    script: 'succeeds',
  },
  {
    context: 'na48',
    user: { name: 'na48', group: 'na48', supplementary: FIRST_USER, password: { plain: 'password' } },
    cernvm: desktop('na48', 'na48', { CERNVM_DESKTOP_ICONS: iconsIn('na48') }),
    cvmfs: { CVMFS_REPOSITORIES: 'na48.cern.ch' },
    environment: undefined,
    enabled: [],
    desktopOf: 'na48',
    files: [
      {
        path: '/etc/profile.d/na48.sh',
        mode: 0o755,
        content: /^export PATH=(\/[a-z/]+:)+\/cvmfs\/na48\.cern\.ch\/util\/scripts\n$/,
      },
      ...icon('na48', 'NA48 Shell', terminalIcon('NA48 Shell', '/cvmfs/na48.cern.ch/util/scripts/na48-shell.sh')),
    ],
    links: {},
    script: 'succeeds',
  },
  {
    context: 'squid',
    user: undefined,
    cernvm: { CERNVM_AUTOLOGIN: 'off', CERNVM_USER_SHELL: '/bin/bash' },
    cvmfs: undefined,
    environment: undefined,
    enabled: ['squid'],
    desktopOf: undefined,
    files: [
      {
        path: '/etc/squid/cernvm.conf',
        mode: 0o644,
        content: squidLines([
          'cvmfs-stratum-one.cern.ch',
          'cernvmfs.gridpp.rl.ac.uk',
          // Two host names run together in the published file; nobody can tell them apart, so it stays as it is.
          'cvmfs.racf.bnl.govcvmfs.fnal.gov',
          'cernvm-webfs.cern.ch',
          'hepvm.cern.ch',
        ]),
      },
      { path: '/etc/squid/squid.conf', mode: 0o644, content: /^include \/etc\/squid\/cernvm\.conf\nacl localnet / },
      { path: '/etc/sysconfig/squid', mode: 0o644, content: /(^|\n)ulimit -n 10000\n$/ },
    ],
    links: {},
    script: undefined,
  },
]

/** The file that the squid plugin writes for some backends, in the order of CONTEXT-SPEC 2.4. */
function squidLines(backends: readonly string[]): string {
  const lines = [
    'max_filedesc 8192',
    'maximum_object_size 1024 MB',
    'cache_mem 128 MB',
    'maximum_object_size_in_memory 128 KB',
    'cache_dir ufs /var/spool/squid 1000 16 256',
    ...backends.map((host) => `acl backend dst ${host}`),
    'http_access allow backend',
  ]
  return `${lines.join('\n')}\n`
}
