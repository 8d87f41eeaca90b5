import type { Shell } from './log-in.ts'

const AGENT = '/proc/$(systemctl show -P MainPID muster-agent)'

/** What the agent has of the memory of its machine, as the kernel says: lines of `status` and `smaps_rollup`. */
export async function agentMemory(shell: Shell): Promise<readonly string[]> {
  const said = await shell.run(
    `grep -hE '^(VmRSS|RssAnon|RssFile|Pss):' ${AGENT}/status ${AGENT}/smaps_rollup | tr -s '\\t ' ' '`,
  )
  return said.split('\n').filter((line) => line !== '')
}
