import { randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import { sealText, unsealText } from "../../platform/sealing.ts";
import type { Store } from "../../platform/store/engine.ts";
import { factorKey, factorOf, recoveryCodes, recoveryHash, secretOf, stepOf, type Factor } from "./factor.ts";
import { factorStore } from "./factors.store.ts";
import type { UserRow } from "./users.store.ts";

/** What a person's own device answers, beside the password. `name` is a user's. */
export interface SecondFactor {
  /** A fresh secret; it counts for nothing until `confirm`. Throws `request.conflict` when one is set up. */
  begin(name: string): Promise<Factor>;
  /** Takes the first code of the secret that began last; answers recovery codes, once. Undefined: the code is wrong. */
  confirm(name: string, code: string): Promise<readonly string[] | undefined>;
  /** A code of the device, or a recovery code. Each is taken once. */
  check(name: string, code: string): Promise<boolean>;
  /** There is none from now on. */
  remove(name: string): Promise<void>;
}

export interface SecondFactorNeeds {
  readonly store: Store;
  readonly clock: Clock;
  /** Of the installation, 32 bytes. */
  readonly key: Uint8Array;
  /** What a person's device shows it under. */
  readonly issuer: string;
  named(name: string): Promise<UserRow | undefined>;
}

const SECRET_BYTES = 20;

export function createSecondFactor({
  store,
  clock,
  key: installation,
  issuer,
  named,
}: SecondFactorNeeds): SecondFactor {
  const factors = factorStore(store);
  const key = factorKey(installation);

  async function rowOf(name: string): Promise<UserRow> {
    const row = await named(name);
    if (row === undefined) throw new AtalayaError("user.unknown", `There is no user ${name}.`);
    return row;
  }
  const opened = (sealed: Uint8Array, row: UserRow): string => unsealText(sealed, key, row.public_id);

  return {
    async begin(name) {
      const row = await rowOf(name);
      const secret = secretOf(new Uint8Array(randomBytes(SECRET_BYTES)));
      if (!(await factors.begin(row.id, sealText(secret, key, row.public_id)))) {
        throw new AtalayaError("request.conflict", "A second factor is set up already.", {
          next: "Remove it first, with a code of it.",
        });
      }
      return factorOf(secret, { issuer, label: row.account ?? row.name });
    },
    async confirm(name, code) {
      const row = await rowOf(name);
      const { factor_secret: sealed } = row;
      if (sealed === null || row.factor_confirmed_at !== null) return undefined;
      const step = stepOf(code, opened(sealed, row), clock.now());
      if (step === undefined) return undefined;
      const codes = recoveryCodes((bytes) => new Uint8Array(randomBytes(bytes)));
      const recovery = codes.map((each) => recoveryHash(each, row.public_id, key)!);
      const isConfirmed = await factors.confirm(row.id, { secret: sealed, step, at: clock.now(), recovery });
      return isConfirmed ? codes : undefined;
    },
    async check(name, code) {
      const row = await rowOf(name);
      const { factor_secret: sealed } = row;
      if (sealed === null || row.factor_confirmed_at === null) return false;
      const step = stepOf(code, opened(sealed, row), clock.now());
      if (step !== undefined) return factors.takeStep(row.id, step);
      const hash = recoveryHash(code, row.public_id, key);
      return hash !== undefined && factors.takeRecovery(row.id, hash, clock.now());
    },
    remove: async (name) => factors.remove((await rowOf(name)).id),
  };
}
