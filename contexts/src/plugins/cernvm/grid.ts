import type { Resource } from '../../plan/resource.ts'
import { shellAssignment } from '../../plan/shell-assignment.ts'
import type { TextEdit } from '../../plan/text-edit.ts'
import { Secret } from '../../secret.ts'
import { decodeBase64Text } from '../../userdata/base64.ts'
import type { Option } from '../../userdata/ini.ts'
import type { ProblemList } from '../../userdata/problem.ts'
import type { Span } from '../../userdata/text.ts'
import { isAccountName, isHostAndPort, isSafePath } from '../names.ts'
import { parseInteger, unquote } from '../option-values.ts'

/** A grid proxy to install: its text, or a file of the machine that holds it. */
export interface GridProxy {
  readonly source: { readonly pem: Secret } | { readonly path: string }
  readonly span: Span
}

/** EOS storage to mount. */
export interface EosMount {
  readonly host: string
  readonly readAheadBytes: number | undefined
  readonly readCacheBytes: number | undefined
  readonly span: Span
}

type Find = (key: string) => Option | undefined

/** Server whose mount every image has already. */
const DEFAULT_EOS_HOST = 'eosuser.cern.ch'
const EOS_SYSCONFIG = '/etc/sysconfig/eos'
const COPY_TIMEOUT_SECONDS = 30

/** Account of an option, checked; undefined when the option is absent or empty. */
export function readAccount(option: Option | undefined, problems: ProblemList): string | undefined {
  const name = unquote(option?.value ?? '')
  if (option === undefined || name === '') return undefined
  if (!isAccountName(name)) problems.add('invalid-value', option.valueSpan, 'This cannot be the name of a user')
  return name
}

/** The user's grid proxy; a text in the context wins over a file, as it was written last by the old agent. */
export function readGridProxy(find: Find, problems: ProblemList): GridProxy | undefined {
  const inline = readPem(find('x509-cert'), problems)
  const file = find('x509-cert-file')
  if (file !== undefined && file.value !== '' && !isSafePath(file.value)) {
    problems.add('invalid-value', file.valueSpan, 'This is no absolute path without blanks and ".."')
  }
  if (inline !== undefined) return inline
  return file === undefined || file.value === '' ? undefined : { source: { path: file.value }, span: file.valueSpan }
}

/** A PEM text in base64. */
export function readPem(option: Option | undefined, problems: ProblemList): GridProxy | undefined {
  if (option === undefined || option.value === '') return undefined
  const pem = decodeBase64Text(option.value)
  if (pem === undefined || pem === '') {
    problems.add('invalid-value', option.valueSpan, 'This is not the base64 of a text', 'Use "base64 -w0 FILE".')
    return undefined
  }
  return { source: { pem: new Secret(pem) }, span: option.valueSpan }
}

/**
 * The file of the proxy, named after the user's number as grid tools expect. The suffix tells the one of EOS apart.
 */
export function planGridProxy(proxy: GridProxy | undefined, user: string, suffix: '' | '.eos'): readonly Resource[] {
  if (proxy === undefined) return []
  const origin = { plugin: 'cernvm', span: proxy.span }
  if ('path' in proxy.source) {
    const script = 'exec install -m 0600 -o "$1" -- "$2" "/tmp/x509up_u$(id -u -- "$1")"'
    return [
      {
        kind: 'command',
        name: 'x509-cert-file',
        argv: ['/bin/sh', '-c', script, 'sh', user, proxy.source.path],
        completion: { oncePer: 'context' },
        timeoutSeconds: COPY_TIMEOUT_SECONDS,
        onFailure: 'continue',
        origin,
      },
    ]
  }
  const path = `/tmp/x509up_u{uid}${suffix}`
  return [{ kind: 'file', path, uidOf: user, content: proxy.source.pem, mode: 0o600, owner: { user }, origin }]
}

/** Reads the server as a host, or as a `root://` URL. */
export function readEos(find: Find, problems: ProblemList): EosMount | undefined {
  const option = find('eos-server')
  if (option === undefined || option.value === '') return undefined
  const server = unquote(option.value)
    .replace(/^root:\/\//i, '')
    .replace(/\/.*$/, '')
  if (!isHostAndPort(server) || server.startsWith('[')) {
    problems.add('invalid-value', option.valueSpan, 'This is no EOS server', 'For example: root://eospublic.cern.ch')
  }
  return {
    host: server,
    readAheadBytes: parseInteger(find('eos-readaheadsize')?.value ?? ''),
    readCacheBytes: parseInteger(find('eos-readcachesize')?.value ?? ''),
    span: option.valueSpan,
  }
}

/**
 * Mount point, configuration and service of EOS (CONTEXT-SPEC 2.3, row 24). The mount is named after the host without
 * its leading `eos`, up to the first dot.
 */
export function planEos(mount: EosMount | undefined, owner: string, group: string | undefined): readonly Resource[] {
  if (mount === undefined) return []
  const origin = { plugin: 'cernvm', span: mount.span }
  const name = eosMountName(mount.host)
  const path = `${EOS_SYSCONFIG}.${name}`
  const directory: Resource = {
    kind: 'directory',
    path: '/eos',
    mode: 0o755,
    owner: group === undefined ? { user: owner } : { user: owner, group },
    origin,
  }
  const service: Resource = { kind: 'service', unit: 'eosd', restartOn: [EOS_SYSCONFIG, path], origin }
  if (mount.host === DEFAULT_EOS_HOST) return [directory, service]
  const list: TextEdit = { edit: 'line', line: `EOS_FUSE_MOUNTS="$EOS_FUSE_MOUNTS ${name}"` }
  return [
    directory,
    { kind: 'edit', path, edits: eosSettings(mount, name), whenMissing: 'create', mode: 0o644, origin },
    { kind: 'edit', path: EOS_SYSCONFIG, edits: [list], whenMissing: 'create', mode: 0o644, origin },
    service,
  ]
}

function eosMountName(host: string): string {
  const [label = host] = host.replace(/:\d+$/, '').split('.')
  return label.startsWith('eos') && label.length > 3 ? label.slice(3) : label
}

function eosSettings(mount: EosMount, name: string): readonly TextEdit[] {
  const edits = [
    shellAssignment('EOS_FUSE_MGM_ALIAS', mount.host),
    shellAssignment('EOS_FUSE_MOUNTDIR', `/eos/${name}`),
  ]
  if (mount.readAheadBytes !== undefined) {
    edits.push(shellAssignment('EOS_FUSE_RDAHEAD', '1'))
    edits.push(shellAssignment('EOS_FUSE_RDAHEAD_WINDOW', `${mount.readAheadBytes}`))
  }
  if (mount.readCacheBytes !== undefined) edits.push(shellAssignment('EOS_FUSE_CACHE_SIZE', `${mount.readCacheBytes}`))
  return edits
}
