import {
  DeviceApproval,
  DeviceAuthorization,
  DeviceTokenRequest,
  IssuedToken,
  NewDeviceAuthorization,
  PendingDevice,
} from '@muster/contexts/wire/accounts.ts'
import { Type } from 'typebox'
import { createDevices, type Devices } from '../accounts/devices.ts'
import { accountOf } from '../http/guard.ts'
import { answer, needsSession, noContent, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'
import { wireTime } from '../wire-time.ts'

const BODY_LIMIT = 4096
const tags = ['device-authorizations']

/** Sign-in of command lines by a code that is approved in the browser. */
export function registerDeviceRoutes(app: App, parts: Parts): void {
  const devices = createDevices(parts)
  registerBeginning(app, devices)
  registerApproval(app, parts, devices)
}

function registerBeginning(app: App, devices: Devices): void {
  app.post('/device-authorizations', {
    bodyLimit: BODY_LIMIT,
    preValidation: async (request) => {
      request.body ??= { clientName: 'muster' }
    },
    schema: {
      tags,
      summary: 'Begin the sign-in of a program',
      body: NewDeviceAuthorization,
      response: { 201: answer(DeviceAuthorization, 'Show the user code; poll with the device code.'), ...problems() },
    },
    handler: async (request, reply) => {
      return reply.code(201).send(await devices.begin(request.body.clientName, request.ip))
    },
  })

  app.post('/device-authorizations/token', {
    bodyLimit: BODY_LIMIT,
    schema: {
      tags,
      summary: 'Fetch the token once approved',
      body: DeviceTokenRequest,
      response: {
        200: answer(IssuedToken, 'Approved; the token is shown this once.'),
        ...problems('authorization-pending', 'device-code-expired', 'too-many'),
      },
    },
    handler: (request) => devices.poll(request.body.deviceCode),
  })
}

function registerApproval(app: App, parts: Parts, devices: Devices): void {
  app.get('/device-authorizations/:userCode', {
    onRequest: parts.guards.session,
    schema: {
      tags,
      summary: 'Who asks with this code',
      ...needsSession,
      params: Type.Object({ userCode: Type.String({ maxLength: 40 }) }),
      response: {
        200: answer(PendingDevice, 'To be shown before approving.'),
        ...problems('not-signed-in', 'scope-missing', 'device-code-expired'),
      },
    },
    handler: async (request) => {
      const { clientName, requestedFrom, expiresAt } = await devices.pending(
        request.params.userCode,
        accountOf(request),
      )
      return { clientName, requestedFrom, expiresAt: wireTime(expiresAt) }
    },
  })

  app.post('/device-authorizations/approve', {
    bodyLimit: BODY_LIMIT,
    onRequest: parts.guards.session,
    schema: {
      tags,
      summary: 'Approve the sign-in of a program',
      ...needsSession,
      body: DeviceApproval,
      response: {
        204: noContent,
        ...problems('not-signed-in', 'scope-missing', 'cross-site', 'device-code-expired'),
      },
    },
    handler: async (request, reply) => {
      await devices.approve(request.body.userCode, accountOf(request))
      return reply.code(204).send(null)
    },
  })
}
