import type { Resource } from '../../plan/resource.ts'
import { shellAssignment } from '../../plan/shell-assignment.ts'
import type { TextEdit } from '../../plan/text-edit.ts'
import { unquote } from '../option-values.ts'
import { variableList } from './environment.ts'
import type { CernvmSettings } from './settings.ts'

const SITE_CONF = '/etc/cernvm/site.conf'
const CVMFS_CONF = '/etc/cvmfs/site.conf'

/** Options that are recorded as they stand, and the variables that hold them. */
const RECORDED: readonly (readonly [option: string, variable: string])[] = [
  ['contextualization_key', 'CERNVM_CONTEXTUALIZATION_KEY'],
  ['contextualization_command', 'CERNVM_CONTEXTUALIZATION_COMMAND'],
  ['screenres', 'CERNVM_SCREEN_RES'],
  ['edition', 'CERNVM_EDITION'],
  ['keyboard', 'CERNVM_KEYBOARD'],
  ['griduiversion', 'CERNVM_GRID_UI_VERSION'],
  ['swap_size', 'CERNVM_SWAP_SIZE'],
  ['desktop_icons', 'CERNVM_DESKTOP_ICONS'],
]

/**
 * The files in which images look for what a context wants (CONTEXT-SPEC 2.2). An option that is given empty removes
 * its variable; one that is not given leaves it alone.
 */
export function planSiteFiles(settings: CernvmSettings): readonly Resource[] {
  const origin = { plugin: 'cernvm', span: settings.span }
  const site = siteEdits(settings)
  const cvmfs = cvmfsEdits(settings)
  const file = (path: string, edits: readonly TextEdit[]): Resource => ({
    kind: 'edit',
    path,
    edits,
    whenMissing: 'create',
    mode: 0o644,
    origin,
  })
  return [file(SITE_CONF, site), ...(cvmfs.length > 0 ? [file(CVMFS_CONF, cvmfs)] : [])]
}

function siteEdits(settings: CernvmSettings): readonly TextEdit[] {
  const { find, users, shell, isXdmStarted, isAutoLogin } = settings
  const edits: TextEdit[] = []
  if (find('organisations') !== undefined) {
    edits.push(shellAssignment('CERNVM_ORGANISATION', settings.organisations.join(',')))
  }
  for (const [option, variable] of RECORDED) {
    const found = find(option)
    if (found === undefined) continue
    edits.push(shellAssignment(variable, unquote(found.value), { isSecret: option === 'contextualization_key' }))
  }
  if (find('startxdm') !== undefined) edits.push(shellAssignment('CERNVM_START_XDM', onOff(isXdmStarted)))
  if (find('services') !== undefined) {
    edits.push(shellAssignment('CERNVM_SERVICES', settings.services.map(({ text }) => text).join(',')))
  }
  if (find('environment') !== undefined) {
    edits.push(shellAssignment('CERNVM_ENVIRONMENT_VARS', variableList(settings.environment)))
  }
  const [first] = users
  if (first !== undefined) {
    edits.push(shellAssignment('CERNVM_USER', first.name), shellAssignment('CERNVM_USER_GROUP', first.group))
  }
  edits.push(shellAssignment('CERNVM_USER_SHELL', shell), shellAssignment('CERNVM_AUTOLOGIN', onOff(isAutoLogin)))
  return edits
}

function cvmfsEdits({ find, repositories }: CernvmSettings): readonly TextEdit[] {
  const edits: TextEdit[] = []
  const entitlement = find('entitlement_key')
  if (entitlement !== undefined) {
    edits.push(shellAssignment('CVMFS_ENTITLEMENT_KEY', unquote(entitlement.value), { isSecret: true }))
  }
  if (find('repositories') !== undefined) edits.push(shellAssignment('CVMFS_REPOSITORIES', repositories.join(',')))
  const proxy = find('proxy')
  if (proxy !== undefined) {
    // A proxy may carry a password in its address.
    edits.push(shellAssignment('CVMFS_HTTP_PROXY', unquote(proxy.value), { isSecret: proxy.value.includes('@') }))
  }
  return edits
}

function onOff(value: boolean | undefined): string | undefined {
  if (value === undefined) return undefined
  return value ? 'on' : 'off'
}
