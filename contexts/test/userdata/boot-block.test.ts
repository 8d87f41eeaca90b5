import { describe, expect, it } from 'vitest'
import { decodeContext } from '../../src/userdata/decode.ts'

function inBlock(...lines: readonly string[]): string {
  return `[ucernvm-begin]\n${lines.join('\n')}\n[ucernvm-end]\n`
}

interface Row {
  readonly id: string
  readonly text: string
  readonly settings: Readonly<Record<string, string>>
  readonly problems?: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    id: 'B1',
    text: inBlock('resize_rootfs=Yes', 'useglideinWMS=on', 'cvm_cluster_master=TRUE'),
    settings: { RESIZE_ROOTFS: '1', USEGLIDEINWMS: '1', CVM_CLUSTER_MASTER: '1' },
  },
  {
    id: 'B2',
    text: inBlock('resize_rootfs=no', 'useglideinWMS=OFF', 'cvm_cluster_master=False'),
    settings: { RESIZE_ROOTFS: '0', USEGLIDEINWMS: '0', CVM_CLUSTER_MASTER: '0' },
  },
  {
    id: 'B4',
    text: inBlock('nothing', '=x', 'cvmfs_tag=t'),
    settings: { CVMFS_TAG: 't' },
    problems: ['2:boot-block-line', '3:boot-block-line'],
  },
  { id: 'B5', text: inBlock('cvmfs_tag='), settings: { CVMFS_TAG: '' } },
  { id: 'B7', text: inBlock('# c=d', '', '  # e=f'), settings: {} },
  { id: 'trimmed', text: inBlock(' cvmfs_tag = v '), settings: { CVMFS_TAG: 'v' } },
  {
    id: 'B8',
    text: '[ucernvm-begin]\r\ncvmfs_tag=t\r\n[ucernvm-end]\r\n',
    settings: { CVMFS_TAG: 't' },
  },
  {
    id: 'B10',
    text: `${inBlock('cvmfs_tag=a')}${inBlock('cvmfs_tag=b', 'cvmfs_cdn=x')}`,
    settings: { CVMFS_TAG: 'a' },
    problems: ['4:boot-block-repeated'],
  },
  {
    id: 'B11',
    text: `[ucernvm-end]\n${inBlock('cvmfs_tag=a')}`,
    settings: {},
    problems: ['1:boot-block-not-opened', '2:boot-block-repeated'],
  },
  {
    id: 'B13',
    text: '[ucernvm-begin]\ncvmfs_tag=a',
    settings: { CVMFS_TAG: 'a' },
    problems: ['1:boot-block-not-closed'],
  },
  {
    id: 'not closed before a section',
    text: '[ucernvm-begin]\ncvmfs_tag=a\n[cernvm]\nshell=/bin/sh\n',
    settings: { CVMFS_TAG: 'a' },
    problems: ['1:boot-block-not-closed'],
  },
  {
    id: 'B14',
    text: inBlock('cvmfs_http_proxy="http://h:3128;DIRECT"', "cvmfs_server='a,b'"),
    settings: { CVMFS_HTTP_PROXY: 'http://h:3128;DIRECT', CVMFS_SERVER: 'a,b' },
  },
  {
    id: 'unquoted ;',
    text: inBlock('cvmfs_http_proxy=http://h:3128;DIRECT'),
    settings: { CVMFS_HTTP_PROXY: 'http://h:3128;DIRECT' },
  },
  {
    id: 'B16',
    text: inBlock('x=$(touch /tmp/p)'),
    settings: { X: '$(touch /tmp/p)' },
    problems: ['2:boot-key-unknown'],
  },
  { id: 'B17', text: inBlock('useglideinWMS=off'), settings: { USEGLIDEINWMS: '0' } },
  { id: 'B20', text: inBlock('cvmfs_path=cvm4'), settings: { CERNVM_PATH: 'cvm4' }, problems: ['2:boot-key-alias'] },
  {
    id: 'the right key wins over its alias',
    text: inBlock('cernvm_path=cvm3', 'cvmfs_path=cvm4'),
    settings: { CERNVM_PATH: 'cvm3' },
    problems: ['3:boot-key-alias'],
  },
  { id: 'split at the first =', text: inBlock('cernvm_inject=YQ=='), settings: { CERNVM_INJECT: 'YQ==' } },
  { id: 'none', text: '[cernvm]\n', settings: {} },
]

describe('the boot block', () => {
  for (const { id, text, settings, problems } of ROWS) {
    it(`reads ${id} ${JSON.stringify(text)}`, () => {
      const document = decodeContext(text)
      expect(Object.fromEntries(document.bootBlock.settings)).toEqual(settings)
      const found = document.diagnostics.map((one) => `${one.span.start.line}:${one.code}`)
      expect(found).toEqual(problems ?? [])
    })
  }

  it('suggests the key that was meant', () => {
    const [diagnostic] = decodeContext(inBlock('cvmfs_brnach=x')).diagnostics
    expect(diagnostic).toMatchObject({ code: 'boot-key-unknown', hint: 'Did you mean "cvmfs_branch"?' })
  })

  it('is no section of the INI part, and an unclosed one ends at the next section', () => {
    const { ini } = decodeContext('[ucernvm-begin]\ncvmfs_tag=a\n[cernvm]\nshell=/bin/sh\n')
    expect([...ini.sections.keys()]).toEqual(['cernvm'])
  })

  it('spans from its begin to its end marker', () => {
    const text = `[cernvm]\n${inBlock('cvmfs_tag=a')}[squid]\n`
    const { span } = decodeContext(text).bootBlock
    expect(text.slice(span?.start.offset, span?.end.offset)).toBe('[ucernvm-begin]\ncvmfs_tag=a\n[ucernvm-end]')
  })

  it('is not looked for in the script', () => {
    const text = `#!/bin/sh\ncat <<E\n${inBlock('cvmfs_tag=a')}E\nexit\n[cernvm]\n`
    expect(decodeContext(text).bootBlock.settings.size).toBe(0)
  })
})
