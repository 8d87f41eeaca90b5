/** What one error code means to HTTP and to a reader. */
export interface ErrorEntry {
  readonly status: number
  /** The same for every occurrence. */
  readonly title: string
  /** What to do next, unless the error itself knows better. */
  readonly hint: string
  /** More for the page of the code: when it happens and why. */
  readonly explanation: string
}

/** Every error code of the API; each has a page under `/problems/`. */
export const ERROR_TABLE = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    hint: 'Correct the fields that are listed under errors.',
    explanation: 'A field of the body, the query, the path or a header breaks the schema that is at /openapi.json.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    hint: 'Send one valid JSON document in UTF-8.',
    explanation:
      'The body could not be read as JSON, or it holds a NUL character or the name __proto__, which are refused.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor is not valid',
    hint: 'Start again at the first page, without a cursor.',
    explanation: 'A cursor belongs to the list, with its filters, that gave it, and is signed by this coordinator.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'An Idempotency-Key is needed',
    hint: 'Send an Idempotency-Key header of 1 to 200 printable ASCII characters, new for each new wish.',
    explanation: 'This request makes something, and its answer may get lost; with a key it can be repeated safely.',
  },
  'authorization-pending': {
    status: 400,
    title: 'Not approved yet',
    hint: 'Ask again after the interval.',
    explanation: 'The person has not yet approved the sign-in of this program.',
  },
  'not-signed-in': {
    status: 401,
    title: 'Not signed in',
    hint: 'Sign in, or send a valid token.',
    explanation: 'There is no session or token, or it has ended.',
  },
  'wrong-credentials': {
    status: 401,
    title: 'Wrong name or password',
    hint: 'Check both and try again.',
    explanation: 'No account has this name and this password. The answer does not tell which of the two is wrong.',
  },
  'wrong-password': {
    status: 403,
    title: 'Wrong password',
    hint: 'Type the password with which you sign in.',
    explanation: 'Changing the password or deleting the account needs the present password, beside the session.',
  },
  'scope-missing': {
    status: 403,
    title: 'The token may not do this',
    hint: 'Make a token with the scope that is named, or sign in with the browser.',
    explanation: 'API tokens do only what their scopes say; some things only a browser session may do.',
  },
  'cross-site': {
    status: 403,
    title: 'The request came from another site',
    hint: "Use the coordinator's own pages; a script sends an API token instead of the cookie.",
    explanation:
      'A change that is authenticated by the cookie must carry Sec-Fetch-Site: same-origin or an Origin equal to the coordinator’s.',
  },
  'registration-closed': {
    status: 403,
    title: 'Registration is closed',
    hint: 'Ask the operator for an account.',
    explanation: 'The operator of this coordinator makes the accounts.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    hint: 'Check the address; it may have been deleted.',
    explanation: 'There is nothing here, or it belongs to somebody else: the two are answered alike.',
  },
  'pin-unknown': {
    status: 404,
    title: 'This PIN is not known',
    hint: 'Read the PIN on the console again; it changes every 15 minutes.',
    explanation: 'No machine waits with this PIN. It is wrong, expired, used or taken: these are answered alike.',
  },
  'device-code-expired': {
    status: 404,
    title: 'This code is not known',
    hint: 'Start the sign-in again on the command line.',
    explanation: 'The code is wrong, has expired or was used.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    hint: 'Use one of the methods in the Allow header.',
    explanation: 'This address exists, but not with this method.',
  },
  'login-taken': {
    status: 409,
    title: 'This name is taken',
    hint: 'Choose another name.',
    explanation: 'Another account signs in with this name.',
  },
  'name-taken': {
    status: 409,
    title: 'This name is taken',
    hint: 'Choose another name, or publish a new version of the context that has it.',
    explanation: 'Each context of one owner has its own name.',
  },
  'context-in-use': {
    status: 409,
    title: 'The context is in use',
    hint: 'Give its machines another context or forget them first.',
    explanation: 'A context can be deleted only when no machine reports one of its versions.',
  },
  'cluster-name-taken': {
    status: 409,
    title: 'You have a cluster of this name',
    hint: 'Choose another name, or publish a new definition of the cluster that has it.',
    explanation: 'Each cluster of one owner has its own name; names of deleted clusters are free again.',
  },
  'key-changed': {
    status: 409,
    title: 'This cluster trusts another key',
    hint: 'Restore the mesh key from the backup, or make the cluster anew.',
    explanation:
      'The members of a cluster trust the key that the coordinator had when the cluster was made. It has another one now, so that nothing it signs would be believed.',
  },
  'no-free-place': {
    status: 409,
    title: 'Every place of this service is taken',
    hint: 'Name the slot whose machine is to be replaced, revoke a member, or publish a higher count.',
    explanation: 'The definition says how many machines a service may have, and each of them has a place.',
  },
  'request-in-flight': {
    status: 409,
    title: 'The same request is being answered',
    hint: 'Wait a second and repeat it with the same key.',
    explanation: 'A request with this Idempotency-Key has not ended yet.',
  },
  'mailbox-full': {
    status: 409,
    title: 'The mailbox is full',
    hint: 'Start a new pairing.',
    explanation: 'A claim may pass 200 messages and 8 MB.',
  },
  'too-many': {
    status: 409,
    title: 'There are too many of these',
    hint: 'Delete some that are no longer needed.',
    explanation: 'The number of things one account may have is limited.',
  },
  'claim-ended': {
    status: 410,
    title: 'The claim has ended',
    hint: 'Type the PIN again.',
    explanation: 'The claim was rejected, given up, completed by another or took longer than two minutes.',
  },
  'precondition-failed': {
    status: 412,
    title: 'It has changed meanwhile',
    hint: 'Read it again, look at what changed, and repeat with the new ETag.',
    explanation: 'The If-Match header names another state than the current one, which the ETag of this answer names.',
  },
  'range-not-satisfiable': {
    status: 416,
    title: 'The file has no such bytes',
    hint: 'Ask for bytes below the size that Content-Range names.',
    explanation: 'The Range header begins at or behind the end of the file.',
  },
  'too-large': {
    status: 413,
    title: 'Too large',
    hint: 'Send less.',
    explanation: 'The body is larger than this route takes.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has the wrong type',
    hint: 'Send it with Content-Type: application/json.',
    explanation: 'The API reads JSON only.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    hint: 'Use a new key for a new request.',
    explanation: 'A request with this key but another body was answered in the last 24 hours.',
  },
  'not-sealed': {
    status: 422,
    title: 'The body is not sealed',
    hint: 'Seal it with age (armored), or send it with the format plain.',
    explanation: 'With the format age the body must be one ASCII-armored age file and nothing else.',
  },
  'not-text': {
    status: 422,
    title: 'The body is not text',
    hint: 'Send Unicode text without NUL characters.',
    explanation: 'A context is text; binary content does not belong into it.',
  },
  'invalid-cluster': {
    status: 422,
    title: 'The definition makes no sense',
    hint: 'Correct what is listed under errors.',
    explanation:
      'Each field is of its kind, but they do not fit together: a name twice, a dependency on nothing or in a circle, a field that this kind of service has no use for.',
  },
  'no-such-place': {
    status: 422,
    title: 'The cluster has no such place',
    hint: 'Name a service and a cloud of the definition, and a slot below its count.',
    explanation: 'A machine is authorized for a service of the definition in one of its clouds.',
  },
  'too-many-revoked': {
    status: 409,
    title: 'Too many members were revoked',
    hint: 'Make the cluster anew.',
    explanation: 'A list of revoked members holds 5000 keys; every member keeps the whole list.',
  },
  'sealed-context': {
    status: 422,
    title: 'The context is sealed',
    hint: 'Make the user-data with "muster context user-data", or on the page of the context: they open it with its passphrase.',
    explanation: 'The coordinator cannot read a sealed context, and a machine without its passphrase could not either.',
  },
  'user-data-too-large': {
    status: 422,
    title: 'The user-data is too large',
    hint: 'Leave the context out: the machine shows a PIN, and pairing takes contexts of any size.',
    explanation: 'Clouds take 16384 bytes of user-data. The bootstrap needs less than half; the rest is for a context.',
  },
  'invalid-user-data': {
    status: 422,
    title: 'No user-data can be made of this',
    hint: 'Correct what the detail names.',
    explanation:
      'An address is none that a machine can fetch from, or the text with the join token has no such section.',
  },
  'precondition-required': {
    status: 428,
    title: 'An If-Match header is needed',
    hint: 'Send If-Match with the ETag of what you have read.',
    explanation: 'Without it a change could overwrite another that you have not seen.',
  },
  'slow-down': {
    status: 429,
    title: 'Too many tries',
    hint: 'Wait as long as the Retry-After header says.',
    explanation: 'Tries are limited so that nobody guesses PINs, codes or passwords.',
  },
  'too-many-streams': {
    status: 429,
    title: 'Too many open connections',
    hint: 'Close one of the open pages or streams.',
    explanation: 'The number of event streams and of waiting requests is limited.',
  },
  internal: {
    status: 500,
    title: 'Something is wrong here',
    hint: 'Try again; tell the operator the requestId if it stays.',
    explanation: 'An unexpected failure; the log of the coordinator has it under the requestId.',
  },
  'mesh-off': {
    status: 503,
    title: 'This coordinator takes no part in the mesh',
    hint: 'Ask the operator to switch the mesh on: see docs/operations.md.',
    explanation:
      'Definitions are signed, machines admitted and members seen by the mesh part of the coordinator, which the operator has switched off here, or which is not running yet.',
  },
  'no-release': {
    status: 503,
    title: 'There is no agent to install',
    hint: 'Ask the operator to publish a release: see docs/guides/bootstrap.md.',
    explanation: 'This coordinator serves no releases, none in this channel, or one without an agent.',
  },
  'release-broken': {
    status: 503,
    title: 'The channel cannot be used',
    hint: 'Ask the operator to publish the release again; `muster-coordinator doctor` says what is wrong.',
    explanation: 'The file of the channel is damaged, half written, or signed by a key that is not expected.',
  },
  'too-many-downloads': {
    status: 503,
    title: 'All places for downloads are taken',
    hint: 'Wait as long as the Retry-After header says, and ask for the missing part with Range.',
    explanation:
      'The number of downloads at one time is limited, so that a storm of booting machines leaves the API alone.',
  },
  unavailable: {
    status: 503,
    title: 'Not available now',
    hint: 'Try again in a moment.',
    explanation: 'The coordinator is starting, stopping, busy, or its store does not answer.',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>

/** A code of the table. */
export type ApiErrorCode = keyof typeof ERROR_TABLE

/** Whether a text is a code of the table. */
export function isApiErrorCode(code: string): code is ApiErrorCode {
  return Object.hasOwn(ERROR_TABLE, code)
}
