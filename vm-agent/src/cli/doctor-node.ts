import type { DoctorCheck } from './doctor-check.ts'

/** Oldest major version of Node.js that runs the agent. */
const OLDEST_NODE = 24

/** The version of Node.js. */
export const nodeCheck: DoctorCheck = {
  name: 'node',
  async run() {
    const version = process.versions.node
    if (Number(version.split('.')[0]) >= OLDEST_NODE) return { status: 'ok', message: `Node.js ${version}` }
    return {
      status: 'fail',
      message: `Node.js ${version} is older than ${OLDEST_NODE}`,
      hint: 'Start the agent by bin/muster-agent, which finds the right one.',
    }
  },
}
