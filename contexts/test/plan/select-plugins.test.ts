import { describe, expect, it } from 'vitest'
import { planContext } from '../../src/plan/plan-context.ts'
import { type SystemPluginConfig, selectPlugins } from '../../src/plan/select-plugins.ts'
import { PLUGIN_ORDER, PLUGINS } from '../../src/plugins/registry.ts'
import { decodeContext } from '../../src/userdata/decode.ts'
import { FACTS } from '../example-facts.ts'

function selected(text: string, system?: SystemPluginConfig): { names: readonly string[]; codes: readonly string[] } {
  const { names, diagnostics } = selectPlugins(decodeContext(text).ini.sections.get('amiconfig'), system)
  return { names, codes: diagnostics.map((one) => one.code) }
}

interface Row {
  readonly id: string
  readonly text: string
  readonly names: readonly string[]
  readonly codes?: readonly string[]
  readonly system?: SystemPluginConfig
}

const ROWS: readonly Row[] = [
  { id: 'S1', text: '', names: ['rootsshkeys', 'cernvm'] },
  { id: 'S1, no section', text: '[cernvm]\nshell=/bin/sh\n', names: ['rootsshkeys', 'cernvm'] },
  {
    id: 'S2',
    text: '[amiconfig]\nplugins=cernvm condor\n',
    names: ['rootsshkeys', 'cernvm', 'condor'],
    codes: ['plugin-not-available'],
  },
  {
    id: 'no blank behind the comma',
    text: '[amiconfig]\nplugins=cernvm,squid\n',
    names: ['rootsshkeys', 'cernvm', 'squid'],
  },
  { id: 'S4', text: '[amiconfig]\nplugins=cernvm, squid\n', names: ['rootsshkeys', 'cernvm', 'squid'] },
  {
    id: 'S5',
    text: '[amiconfig]\nplugins= Condor  SQUID\t nss\n',
    names: ['rootsshkeys', 'nss', 'cernvm', 'squid', 'condor'],
    codes: ['plugin-not-available', 'plugin-not-available'],
  },
  { id: 'S7', text: '[amiconfig]\ndisabled_plugins=rootsshkeys,cernvm\n', names: [] },
  {
    id: 'S8',
    text: '[amiconfig]\nplugins=condor\ndisabled_plugins=condor rootsshkeys\n',
    names: ['cernvm'],
  },
  {
    id: 'S10',
    text: '[amiconfig]\nplugins=hostname\n[amiconfig]\nplugins=squid\n',
    names: ['rootsshkeys', 'cernvm', 'squid'],
  },
  { id: 'S11', text: '[amiconfig]\nplugins=nosuch\n', names: ['rootsshkeys', 'cernvm'], codes: ['unknown-plugin'] },
  {
    id: 'S14',
    text: '[amiconfig]\nplugins=squid\n',
    names: ['rootsshkeys', 'cernvm'],
    codes: ['plugin-disabled-by-system'],
    system: { enabled: ['rootsshkeys', 'cernvm'], disabled: ['squid'] },
  },
  {
    id: 'other defaults of the machine',
    text: '',
    names: ['hostname'],
    system: { enabled: ['Hostname', 'cernvm'], disabled: ['CERNVM'] },
  },
  {
    id: 'names of the old web site',
    text: '[amiconfig]\nplugins=cernvm cernvm_appliance rapadminpassword\n',
    names: ['rootsshkeys', 'cernvm'],
    codes: ['plugin-not-available', 'plugin-not-available'],
  },
]

describe('the selection of plugins', () => {
  for (const { id, text, names, codes, system } of ROWS) {
    it(`is as specified for ${id} ${JSON.stringify(text)}`, () => {
      expect(selected(text, system)).toEqual({ names, codes: codes ?? [] })
    })
  }

  it('warns about the misspelling of the old manual (S13)', () => {
    const { plan, diagnostics } = planContext(decodeContext('[amiconfig]\ndisabed_plugins=cernvm\n'), FACTS)
    expect(diagnostics).toMatchObject([
      { severity: 'warning', code: 'unknown-key', hint: 'Did you mean "disabled_plugins"?' },
    ])
    expect(plan?.resources).not.toEqual([])
  })

  it('points at the unknown name and suggests the one that was meant', () => {
    const text = '[amiconfig]\nplugins=cernvm sqiud\n'
    const { diagnostics } = planContext(decodeContext(text), FACTS)
    const [first] = diagnostics
    expect(first).toMatchObject({ code: 'unknown-plugin', hint: 'Did you mean "squid"?' })
    expect(text.slice(first?.span.start.offset, first?.span.end.offset)).toBe('sqiud')
  })

  it('runs plugins in one order, whatever the context says', () => {
    const names = selected('[amiconfig]\nplugins=squid hostname disablesshpasswdauth\n').names
    expect(names).toEqual(['hostname', 'rootsshkeys', 'disablesshpasswdauth', 'cernvm', 'squid'])
    for (const name of PLUGINS.keys()) expect(PLUGIN_ORDER).toContain(name)
  })
})
