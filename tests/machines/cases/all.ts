import { bootstrap } from './bootstrap.ts'
import { bootstrapScript } from './bootstrap-script.ts'
import type { MachineCase } from './case.ts'
import { coordinatorAway } from './coordinator-away.ts'
import { findEachOther } from './find-each-other.ts'
import { pairByPin } from './pair-by-pin.ts'
import { powerCut } from './power-cut.ts'
import { rebootAndClone } from './reboot-and-clone.ts'
import { selfUpdate } from './self-update.ts'
import { userData } from './user-data.ts'

/** All cases, in the order of their keys. */
export const CASES: readonly MachineCase[] = [
  pairByPin,
  bootstrap,
  userData,
  rebootAndClone,
  powerCut,
  coordinatorAway,
  findEachOther,
  selfUpdate,
  bootstrapScript,
]
