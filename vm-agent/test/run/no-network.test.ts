import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { isRoot, makeTree } from '../apply/tree-fixture.ts'
import { startAgent } from './machine.ts'

/** Nothing in the namespace of the test has a way there. */
const FAR_AWAY = 'http://198.51.100.7:8080'

test.runIf(isRoot)(
  'a machine that boots before its network says so, and says what is wrong next when it has got an address',
  async () => {
    const agent = startAgent(['run', '--root', makeTree(), '--coordinator', FAR_AWAY], ['unshare', '--net'])
    await agent.shows(
      'Not paired, and no PIN to be had. This machine has no network address yet: it has no network card.',
    )
    await agent.shows('Network no address yet')
    expect(agent.console()).not.toContain('192.0.2.5')
    const inside = (...argv: readonly string[]) =>
      execFileSync('nsenter', ['-t', String(agent.child.pid), '-n', 'ip', ...argv], { stdio: 'pipe' })
    inside('link', 'add', 'card', 'type', 'veth', 'peer', 'name', 'cable')
    inside('address', 'add', '192.0.2.5/24', 'dev', 'card')
    for (const end of ['card', 'cable']) inside('link', 'set', end, 'up')
    await agent.shows("There is no way to the coordinator's network. [ENETUNREACH]")
    expect(await agent.stop()).toBe(0)
  },
  180_000,
)
