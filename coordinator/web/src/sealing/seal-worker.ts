import { openText, sealText } from '@muster/contexts/context/seal.ts'
import { CodedError } from '@muster/contexts/fault.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { SealAnswer, SealFault, SealRequest } from './seal-messages.ts'

// Sealing costs about two seconds of pure computing by design: here, beside the page, it freezes nothing.
self.addEventListener('message', (event: MessageEvent<SealRequest>) => {
  void answer(event.data).then((reply) => self.postMessage(reply))
})

async function answer(request: SealRequest): Promise<SealAnswer> {
  const { id } = request
  const passphrase = new Secret(request.passphrase)
  try {
    const text =
      request.kind === 'seal' ? await sealText(request.text, passphrase) : await openText(request.sealed, passphrase)
    return { id, isDone: true, text }
  } catch (error) {
    return { id, isDone: false, fault: faultOf(error) }
  }
}

function faultOf(error: unknown): SealFault {
  if (error instanceof CodedError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'internal', message: 'Sealing failed unexpectedly.', hint: undefined }
}
