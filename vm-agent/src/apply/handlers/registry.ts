import type { Resource } from '@muster/contexts/plan/resource.ts'
import type { Machine } from '../machine.ts'
import { commandHandler } from './command.ts'
import { directoryHandler } from './directory.ts'
import { editHandler } from './edit.ts'
import { fileHandler } from './file.ts'
import { groupHandler } from './group.ts'
import type { Finding } from './handler.ts'
import { hostnameHandler } from './hostname.ts'
import { linkHandler } from './link.ts'
import { passwordHandler } from './password.ts'
import { scriptHandler } from './script.ts'
import { serviceHandler } from './service.ts'
import { sshKeyHandler } from './ssh-key.ts'
import { swapHandler } from './swap.ts'
import { sysctlHandler } from './sysctl.ts'
import { userHandler } from './user.ts'

/** What a resource needs on a machine, by the handler of its kind. Reads only. */
export function inspectResource(want: Resource, machine: Machine): Promise<Finding> {
  switch (want.kind) {
    case 'file':
      return fileHandler.inspect(want, machine)
    case 'edit':
      return editHandler.inspect(want, machine)
    case 'directory':
      return directoryHandler.inspect(want, machine)
    case 'link':
      return linkHandler.inspect(want, machine)
    case 'group':
      return groupHandler.inspect(want, machine)
    case 'user':
      return userHandler.inspect(want, machine)
    case 'password':
      return passwordHandler.inspect(want, machine)
    case 'ssh-key':
      return sshKeyHandler.inspect(want, machine)
    case 'service':
      return serviceHandler.inspect(want, machine)
    case 'hostname':
      return hostnameHandler.inspect(want, machine)
    case 'swap':
      return swapHandler.inspect(want, machine)
    case 'sysctl':
      return sysctlHandler.inspect(want, machine)
    case 'command':
      return commandHandler.inspect(want, machine)
    case 'script':
      return scriptHandler.inspect(want, machine)
  }
}
