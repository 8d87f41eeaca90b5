import { MASTER_NAME } from '@muster/contexts/plan/placeholder-forms.ts'
import type { PlaceholderSource } from '@muster/contexts/plan/placeholders.ts'
import { hostPort } from '@muster/mesh/directory/render.ts'
import type { Answer } from '@muster/mesh/directory/resolve.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'

/** What of a mesh the placeholders of a context are answered from. */
export type AnsweringMesh = Pick<Mesh, 'cluster' | 'definition' | 'membership' | 'resolve' | 'services'>

/**
 * The values of all placeholders as the cluster tells them now: of each service its best answer that is not known to be
 * gone, so that a context follows a service that moves, and keeps what it has when there is nothing better.
 *
 * @param ownAddress - for `{{self.address}}`
 */
export function clusterAnswers(
  mesh: AnsweringMesh,
  ownAddress: string | undefined,
): Extract<PlaceholderSource, { kind: 'cluster' }> {
  const definition = mesh.definition()
  const values = new Map<string, string>([['cluster.id', mesh.cluster]])
  const set = (name: string, value: string | undefined) => void (value !== undefined && values.set(name, value))
  set('cluster.name', definition?.name)
  set('self.address', ownAddress)
  const slot = mesh.membership()?.slot
  set('self.cloud', slot?.cloud)
  set('self.service', slot?.service)
  set('self.slot', slot === undefined ? undefined : `${slot.slot}`)
  for (const service of mesh.services()) {
    const best = bestOf(mesh.resolve(service))
    if (best === undefined) continue
    // First the ports: one that is called "address" does not take that word away.
    for (const port of best.ports) set(`service.${service}.${port.name}`, hostPort(best.address, port.port))
    set(`service.${service}.address`, best.address)
  }
  const first = definition?.services.find(({ kind }) => kind !== 'scalable')
  set(MASTER_NAME, first === undefined ? undefined : values.get(`service.${first.name}.address`))
  return { kind: 'cluster', values, known: knownNames(mesh, [...values.keys()]) }
}

function bestOf(answers: readonly Answer[]): Answer | undefined {
  return answers.find(({ status, health }) => status !== 'gone' && health !== 'failing') ?? answers[0]
}

/** What the definition promises, and what there is already. */
function knownNames(mesh: AnsweringMesh, present: readonly string[]): readonly string[] {
  const services = (mesh.definition()?.services ?? []).filter(({ kind }) => kind !== 'scalable')
  const promised = services.flatMap(({ name, provides }) => [
    `service.${name}.address`,
    ...(provides ?? []).map((port) => `service.${name}.${port.name}`),
  ])
  const own = ['cluster.name', 'self.address', 'self.cloud', 'self.service', 'self.slot']
  return [...new Set([...promised, ...own, MASTER_NAME, ...present])].sort()
}
