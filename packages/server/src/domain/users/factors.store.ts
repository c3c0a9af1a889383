import type { Store } from "../../platform/store/engine.ts";

interface Schema {
  readonly users_user: {
    readonly id: number;
    readonly factor_secret: Uint8Array | null;
    readonly factor_confirmed_at: number | null;
    readonly factor_step: number | null;
  };
  readonly users_recovery: { readonly user_id: number; readonly hash: string; readonly used_at: number | null };
}

/** Second factors at rest. What may happen once is decided by the statement that does it. */
export interface FactorStore {
  /** A secret that nobody has proven yet; false when one was. */
  begin(user: number, secret: Uint8Array): Promise<boolean>;
  /** False when another secret began meanwhile, or it was confirmed already. */
  confirm(
    user: number,
    confirmed: {
      readonly secret: Uint8Array;
      readonly step: number;
      readonly at: number;
      readonly recovery: readonly string[];
    },
  ): Promise<boolean>;
  /** Takes a time step; false when it, or a later one, was taken before. */
  takeStep(user: number, step: number): Promise<boolean>;
  /** Takes a recovery code; false when there is none, or it was used. */
  takeRecovery(user: number, hash: string, at: number): Promise<boolean>;
  remove(user: number): Promise<void>;
}

export function factorStore(store: Store): FactorStore {
  const tables = store.tables<Schema>();
  return {
    begin: (user, secret) =>
      tables.write(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable("users_user")
          .set({ factor_secret: secret })
          .where("id", "=", user)
          .where("factor_confirmed_at", "is", null)
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    confirm: (user, { secret, step, at, recovery }) =>
      tables.write(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable("users_user")
          .set({ factor_confirmed_at: at, factor_step: step })
          .where("id", "=", user)
          .where("factor_secret", "=", secret)
          .where("factor_confirmed_at", "is", null)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) return false;
        await tx
          .insertInto("users_recovery")
          .values(recovery.map((hash) => ({ user_id: user, hash, used_at: null })))
          .execute();
        return true;
      }),
    takeStep: (user, step) =>
      tables.write(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable("users_user")
          .set({ factor_step: step })
          .where("id", "=", user)
          .where("factor_step", "<", step)
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    takeRecovery: (user, hash, at) =>
      tables.write(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable("users_recovery")
          .set({ used_at: at })
          .where("user_id", "=", user)
          .where("hash", "=", hash)
          .where("used_at", "is", null)
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    remove: (user) =>
      tables.write(async (tx) => {
        await tx
          .updateTable("users_user")
          .set({ factor_secret: null, factor_confirmed_at: null, factor_step: null })
          .where("id", "=", user)
          .execute();
        await tx.deleteFrom("users_recovery").where("user_id", "=", user).execute();
      }),
  };
}
