/** The host's variables: a file of the agent's, read anew when it changed. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readJsonIfThere, writeDurably } from "../../platform/durable-file.ts";
import { withFileLock } from "../../platform/file-lock.ts";

const Stored = z.object({
  variables: z.record(z.string(), z.string()),
  /** Names of those that are never shown. */
  secret: z.array(z.string()),
});
type Stored = z.output<typeof Stored>;

const NONE: Stored = { variables: {}, secret: [] };

export interface Variables {
  /** What commands get. */
  values(): Promise<Readonly<Record<string, string>>>;
  /** What may be shown: secrets are null. */
  shown(): Promise<Readonly<Record<string, string | null>>>;
  /** `null` removes. Whether anything is other than before. */
  change(set: Readonly<Record<string, string | null>>, secrets: Readonly<Record<string, string>>): Promise<boolean>;
}

export function variablesOf(data: string): Variables {
  const path = join(data, "environment.json");
  let known: { readonly stamp: string; readonly stored: Stored } | undefined;

  async function stored(): Promise<Stored> {
    const file = await stat(path).catch(() => undefined);
    if (file === undefined) return NONE;
    const stamp = `${file.ino} ${file.mtimeMs} ${file.size}`;
    if (known?.stamp !== stamp) known = { stamp, stored: (await readJsonIfThere(path, Stored)) ?? NONE };
    return known.stored;
  }

  async function changeNow(
    set: Readonly<Record<string, string | null>>,
    secrets: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const before = await stored();
    const variables = { ...before.variables };
    const secret = new Set(before.secret);
    for (const [name, value] of Object.entries(set)) {
      secret.delete(name);
      if (value === null) delete variables[name];
      else variables[name] = value;
    }
    for (const [name, value] of Object.entries(secrets)) {
      variables[name] = value;
      secret.add(name);
    }
    const next = { variables, secret: [...secret].toSorted() };
    if (JSON.stringify(next) === JSON.stringify({ ...before, secret: [...before.secret].toSorted() })) return false;
    await writeDurably(path, JSON.stringify(next));
    return true;
  }

  return {
    values: async () => (await stored()).variables,
    async shown() {
      const { variables, secret } = await stored();
      return Object.fromEntries(
        Object.entries(variables)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => [name, secret.includes(name) ? null : value]),
      );
    },
    // Each is a process of its own, and there may be several at once.
    change: (set, secrets) =>
      isNothing(set) && isNothing(secrets)
        ? Promise.resolve(false)
        : withFileLock(`${path}.lock`, () => changeNow(set, secrets)),
  };
}

const isNothing = (values: object): boolean => Object.keys(values).length === 0;
