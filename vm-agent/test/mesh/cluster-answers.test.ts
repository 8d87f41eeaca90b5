import type { SignedDefinition } from '@muster/mesh/admission/definition.ts'
import type { Answer } from '@muster/mesh/directory/resolve.ts'
import { type AnsweringMesh, clusterAnswers } from '@muster/vm-agent/mesh/cluster-answers.ts'
import { describe, expect, test } from 'vitest'

const definition: SignedDefinition = {
  cluster: 'clu_1',
  name: 'analysis',
  version: 1,
  issuedAt: 0,
  coordinator: 'x',
  token: '',
  clouds: [],
  services: [
    { name: 'worker', kind: 'scalable', ownsDemand: false },
    { name: 'proxy', kind: 'per-cloud', ownsDemand: false, provides: [{ name: 'http', port: 3128 }] },
    { name: 'head', kind: 'singleton', ownsDemand: true },
  ],
}

function answer(service: string, address: string, change: Partial<Answer> = {}): Answer {
  const ports = [{ name: 'http', port: 3128 }]
  return {
    service,
    owner: address,
    cloud: 'a',
    address,
    ports,
    health: 'passing',
    status: 'alive',
    isDemoted: false,
    ageMs: 0,
    ...change,
  }
}

function meshWith(answers: readonly Answer[], isKnown = true): AnsweringMesh {
  return {
    cluster: 'clu_1',
    definition: () => (isKnown ? definition : undefined),
    membership: () => undefined,
    services: () => [...new Set(answers.map(({ service }) => service))],
    resolve: (service) => answers.filter((one) => one.service === service),
  }
}

const valuesOf = (mesh: AnsweringMesh) => Object.fromEntries(clusterAnswers(mesh, '10.0.0.9').values)

describe('what a cluster answers to placeholders', () => {
  test('is the best answer of each service with its ports, the first fixed one under the old name too', () => {
    expect(
      valuesOf(meshWith([answer('proxy', '10.0.0.1'), answer('proxy', '10.0.0.2'), answer('head', 'fd00::1')])),
    ).toEqual({
      'cluster.id': 'clu_1',
      'cluster.name': 'analysis',
      'self.address': '10.0.0.9',
      'service.proxy.address': '10.0.0.1',
      'service.proxy.http': '10.0.0.1:3128',
      'service.head.address': 'fd00::1',
      'service.head.http': '[fd00::1]:3128',
      'first-service.address': '10.0.0.1',
    })
  })

  test('passes over what fails or is gone as long as there is something better', () => {
    const failing = answer('head', '10.0.0.1', { health: 'failing' })
    const gone = answer('head', '10.0.0.2', { status: 'gone' })
    expect(valuesOf(meshWith([failing, gone, answer('head', '10.0.0.3')]))['service.head.address']).toBe('10.0.0.3')
    expect(valuesOf(meshWith([failing, gone]))['service.head.address']).toBe('10.0.0.1')
  })

  test('knows what the definition promises, before anybody provides it', () => {
    const { known, values } = clusterAnswers(meshWith([]), undefined)
    expect(known).toContain('service.proxy.http')
    expect(known).not.toContain('service.worker.address')
    expect(values.get('first-service.address')).toBeUndefined()
  })

  test('is little before the definition is known', () => {
    expect(valuesOf(meshWith([], false))).toEqual({ 'cluster.id': 'clu_1', 'self.address': '10.0.0.9' })
  })
})
