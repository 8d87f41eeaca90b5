import { OrderedMap } from '@muster/mesh/ordered-map.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** Makes a map of the one with this number, so that several may be made of one. */
interface Action {
  readonly of: number
  readonly key: number
  /** Undefined: without the key. */
  readonly value: number | undefined
}

const actions: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.record({ of: fc.nat(), key: fc.nat({ max: 80 }), value: fc.option(fc.nat(), { nil: undefined }) }),
  { maxLength: 200 },
)

function copied(map: ReadonlyMap<number, number>, { key, value }: Action): ReadonlyMap<number, number> {
  const next = new Map(map)
  if (value === undefined) next.delete(key)
  else next.set(key, value)
  return next
}

test('holds what a copied Map holds, in its order, whatever is made of whichever map before', () => {
  fc.assert(
    fc.property(actions, (all) => {
      const plain: ReadonlyMap<number, number>[] = [new Map()]
      const ordered = [OrderedMap.from<number, number>(new Map())]
      for (const action of all) {
        const of = action.of % plain.length
        const [model, map] = [plain[of], ordered[of]]
        if (model === undefined || map === undefined) throw new Error('no such map')
        plain.push(copied(model, action))
        ordered.push(action.value === undefined ? map.without(action.key) : map.with(action.key, action.value))
      }
      for (const [index, map] of ordered.entries()) {
        const model = plain[index] ?? new Map()
        expect([...map]).toEqual([...model])
        expect([[...map.keys()], [...map.values()], map.size]).toEqual([
          [...model.keys()],
          [...model.values()],
          model.size,
        ])
        for (let key = 0; key <= 80; key++)
          expect([map.has(key), map.get(key)]).toEqual([model.has(key), model.get(key)])
      }
    }),
    { numRuns: 60 },
  )
})

test('who goes through a map does not meet what is set meanwhile', () => {
  let map = OrderedMap.from(new Map([1, 2, 3].map((key) => [key, 'old'])))
  const met: string[] = []
  for (const [key, value] of map) {
    met.push(value)
    map = map.with(key + 1, 'new')
  }
  expect(met).toEqual(['old', 'old', 'old'])
  expect([...map.values()]).toEqual(['old', 'new', 'new', 'new'])
})

test('without a key that is not there it is the same map', () => {
  const map = OrderedMap.from(new Map([[1, 'one']]))
  expect(map.without(2)).toBe(map)
  expect(OrderedMap.from(map)).toBe(map)
})
