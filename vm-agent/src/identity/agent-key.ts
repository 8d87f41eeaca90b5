import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { damagedFile, readStateFile, writeStateFile } from './state-file.ts'

/** The key by which this agent is known. */
export interface AgentKey {
  /** Raw 32-byte Ed25519 public key, base64url: as on the wire. */
  readonly publicKey: string
  readonly privateKey: KeyObject
}

/** Name of the key file in the state directory: PKCS #8, PEM, mode 0600. */
export const AGENT_KEY_FILE = 'agent.key'

/**
 * Reads the agent's key; makes it at the first start.
 *
 * @throws {AgentError} state-damaged, state-unusable
 */
export async function loadAgentKey(stateDir: string): Promise<AgentKey> {
  const path = join(stateDir, AGENT_KEY_FILE)
  const stored = await readStateFile(path)
  if (stored !== undefined) return decodeKey(path, stored)
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeStateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  return agentKeyOf(privateKey)
}

function decodeKey(path: string, pem: string): AgentKey {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch (cause) {
    throw damagedFile(path, 'it holds no private key', { cause })
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw damagedFile(path, 'its key is not an Ed25519 key')
  return agentKeyOf(privateKey)
}

function agentKeyOf(privateKey: KeyObject): AgentKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { publicKey: x ?? '', privateKey }
}
