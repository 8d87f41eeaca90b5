import type { Resource } from '../../plan/resource.ts'
import { shellAssignment } from '../../plan/shell-assignment.ts'
import { decodeBase64 } from '../../userdata/base64.ts'
import type { Option } from '../../userdata/ini.ts'
import type { ProblemList } from '../../userdata/problem.ts'
import { type Span, trimBlank } from '../../userdata/text.ts'
import { isHostAndPort, isRepositoryName } from '../names.ts'
import { splitEntries } from '../option-values.ts'

/** One entry of `extra_repositories`. */
export interface ExtraRepository {
  readonly name: string
  readonly server: string
  readonly key: Uint8Array
  readonly span: Span
}

/** Names of `repositories`; anything that could leave the folder of the configuration is refused. */
export function readRepositories(option: Option | undefined, problems: ProblemList): readonly string[] {
  const entries = splitEntries(option)
  for (const { text, span } of entries) {
    if (isRepositoryName(text)) continue
    problems.add('invalid-value', span, 'This is no name of a repository', 'For example: sft, or sft.cern.ch')
  }
  return entries.map(({ text }) => text)
}

/** Reads `extra_repositories`: entries of another number of fields are left out, as ever; bad names and keys are not. */
export function readExtraRepositories(option: Option | undefined, problems: ProblemList): readonly ExtraRepository[] {
  return splitEntries(option).flatMap(({ text, span }) => {
    const fields = text.split('|').map(trimBlank)
    const [name = '', server = '', encoded = ''] = fields
    if (fields.length !== 3) {
      const message = `A repository has 3 fields separated by "|", this one has ${fields.length}; it is left out`
      problems.add('entry-ignored', span, message, 'Write NAME|SERVER|BASE64KEY.')
      return []
    }
    const key = decodeBase64(encoded)
    const isKey = key !== undefined && key.length > 0
    if (!isRepositoryName(name)) {
      problems.add(
        'invalid-value',
        span,
        'This is no name of a repository',
        'It becomes the name of a file: no slashes.',
      )
    }
    if (!isHostAndPort(server))
      problems.add('invalid-value', span, 'The server is no host name', 'Write HOST or HOST:PORT.')
    if (!isKey) problems.add('invalid-value', span, 'The public key is not base64', 'Use "base64 -w0 KEYFILE".')
    return isKey ? [{ name, server, key, span }] : []
  })
}

/** Configuration and public key of each. */
export function planExtraRepositories(repositories: readonly ExtraRepository[]): readonly Resource[] {
  return repositories.flatMap(({ name, server, key, span }): readonly Resource[] => {
    const origin = { plugin: 'cernvm', span }
    const keyPath = `/etc/cvmfs/keys/${name}.pub`
    const edits = [
      shellAssignment('CVMFS_SERVER_URL', `http://${server}/cvmfs/${name}`),
      shellAssignment('CVMFS_PUBLIC_KEY', keyPath),
    ]
    const path = `/etc/cvmfs/config.d/${name}.conf`
    return [
      { kind: 'file', path: keyPath, content: withNewline(key), mode: 0o644, owner: {}, origin },
      { kind: 'edit', path, edits, whenMissing: 'create', mode: 0o644, origin },
    ]
  })
}

function withNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) === 0x0a) return bytes
  const longer = new Uint8Array(bytes.length + 1)
  longer.set(bytes)
  longer[bytes.length] = 0x0a
  return longer
}
