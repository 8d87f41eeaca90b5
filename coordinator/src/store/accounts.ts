import type { Db } from './query.ts'

/** A person who can sign in. */
export interface StoredAccount {
  readonly id: string
  readonly login: string
  readonly passwordHash: string
  readonly createdAt: number
}

/** The accounts. */
export interface AccountStore {
  /** @returns false when the login is taken */
  insert(account: StoredAccount): Promise<boolean>
  byLogin(login: string): Promise<StoredAccount | undefined>
  byId(id: string): Promise<StoredAccount | undefined>
  setPassword(id: string, passwordHash: string): Promise<void>
  /** What belongs to it has to be gone before. */
  remove(id: string): Promise<void>
  count(): Promise<number>
}

/** Creates the queries of the accounts. */
export function createAccountStore(db: Db): AccountStore {
  const columns = ['id', 'login', 'password_hash as passwordHash', 'created_at as createdAt'] as const
  return {
    async insert(account) {
      const result = await db
        .insertInto('accounts')
        .values({
          id: account.id,
          login: account.login,
          password_hash: account.passwordHash,
          created_at: account.createdAt,
        })
        .onConflict((conflict) => conflict.column('login').doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    byLogin: (login) => db.selectFrom('accounts').select(columns).where('login', '=', login).executeTakeFirst(),
    byId: (id) => db.selectFrom('accounts').select(columns).where('id', '=', id).executeTakeFirst(),
    async setPassword(id, passwordHash) {
      await db.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', id).execute()
    },
    async remove(id) {
      await db.deleteFrom('accounts').where('id', '=', id).execute()
    },
    async count() {
      const row = await db
        .selectFrom('accounts')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },
  }
}
