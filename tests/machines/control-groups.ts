import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../until.ts'

/** Where control groups are: one tree, or besides those of single controllers the two that systemd keeps. */
const TREES = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']
/** Groups of this project's tests begin with the process id of who made them. */
const NAME = /^muster-(\d+)-/

/**
 * Shell lines that put the shell, and what it becomes, into a group of its own by the name `$group`: two containers in one
 * group would each take the other's processes for its own.
 */
export const ENTER_GROUP = `for tree in ${TREES.join(' ')}; do
  [ -e "$tree/cgroup.procs" ] || continue
  mkdir -p "$tree/$group"
  echo $$ > "$tree/$group/cgroup.procs"
done`

/** Removes a group whose processes have been ended; ends and removes those of test runs that were killed. */
export async function removeGroup(name: string): Promise<void> {
  for (const tree of TREES.filter((path) => existsSync(join(path, 'cgroup.procs')))) {
    const left = readdirSync(tree).filter((entry) => isOfDeadProcess(entry) || entry === name)
    for (const entry of left) {
      if (entry !== name) endProcesses(join(tree, entry))
      // The kernel needs a moment to bury the last process.
      await until(`the control group ${entry} to be empty`, () => isRemoved(join(tree, entry)))
    }
  }
}

/** The machine of a test run that was killed: its init may have outlived the container's own program. */
function endProcesses(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) endProcesses(join(path, entry.name))
  }
  for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').map(Number)) {
    if (pid <= 1) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The end of another has taken it along.
    }
  }
}

function isRemoved(path: string): true | undefined {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && isRemoved(join(path, entry.name)) === undefined) return undefined
    }
    rmdirSync(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return undefined
  }
  return true
}

function isOfDeadProcess(name: string): boolean {
  const pid = NAME.exec(name)?.[1]
  return pid !== undefined && !existsSync(`/proc/${pid}`)
}
