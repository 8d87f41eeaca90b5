import type { Db } from './query.ts'

/** Values that belong to the store as a whole. */
export interface SettingStore {
  get(name: string): Promise<string | undefined>
  /** Writes a value unless the name has one. @returns the value that stands */
  getOrCreate(name: string, value: string): Promise<string>
}

/** Creates the queries of the settings. */
export function createSettingStore(db: Db): SettingStore {
  async function get(name: string): Promise<string | undefined> {
    const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst()
    return row?.value
  }
  return {
    get,
    async getOrCreate(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return (await get(name)) ?? value
    },
  }
}
