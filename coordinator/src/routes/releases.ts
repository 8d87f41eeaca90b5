import { BootstrapError, type BootstrapErrorCode } from '@muster/contexts/bootstrap/bootstrap-error.ts'
import { renderUserData, requireFit, type UserData, type UserDataInput } from '@muster/contexts/bootstrap/user-data.ts'
import { DEFAULT_CHANNEL } from '@muster/contexts/release/release.ts'
import { IssuedUserData, NewUserData, ReleaseList } from '@muster/contexts/wire/releases.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import type { ApiErrorCode } from '../http/error-table.ts'
import { accountOf } from '../http/guard.ts'
import { answer, needsAccount, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'
import type { Channel } from '../releases/release-folder.ts'

const tags = ['releases']
const account = [
  'not-signed-in',
  'scope-missing',
  'cross-site',
  'not-found',
  'too-large',
  'unsupported-media-type',
] as const
const unusable = ['no-release', 'release-broken', 'sealed-context', 'user-data-too-large', 'invalid-user-data'] as const
/** The text with the token, each character escaped at worst, and the addresses. */
const BODY_LIMIT = 131_072

/** Which agents can be installed, and the user-data that does it. */
export function registerReleaseRoutes(app: App, parts: Parts): void {
  app.get('/releases', {
    schema: {
      tags,
      summary: 'The releases that machines can install, one for each channel',
      response: { 200: answer(ReleaseList, 'Empty when this coordinator serves none.'), ...problems() },
    },
    handler: async () => {
      const channels = (await parts.releases?.channels()) ?? []
      return {
        items: channels.flatMap((one) =>
          one.state === 'usable' ? [{ ...one.release, releaseKeys: [...one.keys] }] : [],
        ),
        broken: channels.flatMap((one) => (one.state === 'broken' ? [{ channel: one.name, detail: one.detail }] : [])),
      }
    },
  })

  app.post('/user-data', {
    bodyLimit: BODY_LIMIT,
    onRequest: parts.guards.account('contexts:read'),
    schema: {
      tags,
      summary: 'User-data that installs the agent on a stock image; nothing is stored',
      ...needsAccount('contexts:read'),
      body: NewUserData,
      response: {
        200: answer(IssuedUserData, 'Whoever sees the machine or its cloud account can read it.'),
        ...problems(...account, ...unusable),
      },
    },
    handler: async (request) => {
      const { format, context, join, mirrors } = request.body
      const { release, keys } = await usableChannel(parts, request.body.channel ?? DEFAULT_CHANNEL)
      const text = context === undefined ? undefined : await contextText(parts, accountOf(request).accountId, context)
      const { text: userData, sizeBytes } = render({
        coordinatorUrl: parts.publicUrl(),
        release,
        releaseKeys: keys,
        format,
        ...(text === undefined ? {} : { context: text }),
        ...(join === undefined ? {} : { join }),
        ...(mirrors === undefined ? {} : { mirrors }),
      })
      return { text: userData, sizeBytes, channel: release.channel, version: release.version }
    },
  })
}

async function usableChannel(parts: Parts, name: string): Promise<Channel & { readonly state: 'usable' }> {
  const channel = await parts.releases?.channel(name)
  if (channel === undefined) {
    throw new ApiError('no-release', `This coordinator serves no release in the channel "${name}".`)
  }
  if (channel.state === 'broken') throw new ApiError('release-broken', channel.detail)
  return channel
}

async function contextText(
  { store: { read } }: Parts,
  accountId: string,
  wanted: NonNullable<NewUserData['context']>,
): Promise<string> {
  const context = await read.contexts.find(accountId, wanted.id)
  if (context === undefined) throw notFound()
  const number = wanted.version ?? context.latestVersion
  const version = await read.versions.find(context.id, number)
  const body = await read.versions.body(context.id, number)
  if (version === undefined || body === undefined) throw notFound()
  if (version.format === 'age') throw new ApiError('sealed-context')
  return body
}

const API_CODES: Readonly<Record<BootstrapErrorCode, ApiErrorCode>> = {
  'too-large': 'user-data-too-large',
  'no-agent': 'no-release',
  'bad-address': 'invalid-user-data',
  'bad-join': 'invalid-user-data',
  sealed: 'sealed-context',
}

function render(input: UserDataInput): UserData {
  try {
    const userData = renderUserData(input)
    requireFit(userData.sizeBytes, false)
    return userData
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error
    throw new ApiError(API_CODES[error.code], error.message, { cause: error })
  }
}
