import type { RefusalCause } from '../admission/refusals.ts'

const NEW_TOKEN = 'Give the machine a new join token.'

/** What people read when an issuer refuses, with what they can do; the rest is told by its name. */
const TEXTS: Partial<Readonly<Record<RefusalCause, string>>> = {
  'bad-proof':
    'The answer does not fit the request. Compare the issuer in the [muster] section with the one that is meant.',
  'certificate-expired': `The certificate has expired too long ago, or is for a place that is not known any more. ${NEW_TOKEN}`,
  'certificate-forged': `The certificate is not one of this cluster. ${NEW_TOKEN}`,
  'certificate-not-yet-valid': 'The certificate begins in the future. Compare the clocks of both machines.',
  'certificate-other-cluster': 'The certificate is of another cluster. Compare the cluster id in the [muster] section.',
  'certificate-other-peer':
    'The certificate is of another machine: the key was replaced. Give the machine a new join token.',
  'certificate-revoked': 'This machine was shut out of the cluster. Create a new machine if it is still needed.',
  'definition-forged': 'The definition is not signed by the coordinator of the [muster] section. Compare its PeerId.',
  'definition-other-cluster': 'The definition is of another cluster. Compare the cluster id in the [muster] section.',
  'duplicate-slot': 'Another machine has taken this place already. This one is not needed.',
  'issuer-unknown': 'The definition does not let this issuer admit members. It may not know the newest definition yet.',
  'no-certificate': `There is neither a certificate nor a join token. ${NEW_TOKEN}`,
  'not-approved': 'The issuer does not know this machine as one of its own yet.',
  'rate-limited': 'The issuer asks for patience: this machine has asked too often.',
  'slot-superseded': 'The place was filled anew, as this machine was taken for lost. It is not needed any more.',
  'token-expired': `The join token has expired; it holds for 60 minutes. ${NEW_TOKEN}`,
  'token-other-cluster': 'The join token is of another cluster. Compare the cluster id in the [muster] section.',
  'token-unknown': `The issuer does not know this join token, or has replaced it by a newer one. ${NEW_TOKEN}`,
  'token-used': `Another machine has used this join token, or this one used it long ago. ${NEW_TOKEN}`,
  'try-later': 'The issuer cannot answer just now.',
  'version-mismatch': 'This machine and the issuer speak different versions. Update the older of both programs.',
  'wrong-role': 'The definition has no such service any more, or gives it another role.',
}

/** One line for people on why an issuer refuses. */
export function troubleOf(cause: RefusalCause): string {
  return TEXTS[cause] ?? `The issuer refuses this machine: ${cause}.`
}
