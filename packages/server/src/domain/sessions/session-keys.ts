import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { CookieKey } from "./cookie.ts";

/** The keys that sign cookies: one that signs, and those that are believed until no cookie of theirs can be fresh. */
export interface SessionKeys {
  current(): CookieKey;
  named(id: string): CookieKey | undefined;
  /** A new key signs from now on. With `forget` the older ones are void at once, and everybody signs in anew. */
  rotate(options: { readonly forget: boolean }): Promise<void>;
  /** When the current key was made. */
  readonly since: number;
}

const KeyFile = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[a-z0-9]{8}$/),
      key: z.base64url().length(43),
      since: z.int(),
      /** Absent: the one that signs. */
      until: z.int().optional(),
    }),
  )
  .min(1);
type KeptKey = z.output<typeof KeyFile>[number];

/**
 * Reads the keys of `file`, or makes one: 0600, random, never shipped. `believedMs` is how long an older key is believed:
 * the longest that a cookie may go unused.
 */
export async function openSessionKeys(
  file: string,
  { clock, believedMs }: { readonly clock: Clock; readonly believedMs: number },
): Promise<SessionKeys> {
  let kept = await read(file);
  if (kept === undefined) {
    kept = [newKey(clock.now())];
    await write(file, kept);
  }
  let keys = kept;
  const loaded = new Map(keys.map((key) => [key.id, loadedOf(key)]));

  return {
    current: () => loaded.get(keys[0]!.id)!,
    named(id) {
      const key = keys.find((each) => each.id === id);
      if (key === undefined || (key.until !== undefined && key.until <= clock.now())) return undefined;
      return loaded.get(id);
    },
    async rotate({ forget }) {
      const now = clock.now();
      const fresh = newKey(now);
      const older = forget
        ? []
        : keys.map((key) => ({ ...key, until: key.until ?? now + believedMs })).filter(({ until }) => until > now);
      await write(file, [fresh, ...older]);
      keys = [fresh, ...older];
      loaded.set(fresh.id, loadedOf(fresh));
      for (const id of loaded.keys()) if (!keys.some((key) => key.id === id)) loaded.delete(id);
    },
    get since() {
      return keys[0]!.since;
    },
  };
}

function newKey(now: number): KeptKey {
  return { id: randomBytes(4).toString("hex"), key: randomBytes(32).toString("base64url"), since: now };
}

function loadedOf({ id, key }: KeptKey): CookieKey {
  return { id, bytes: Buffer.from(key, "base64url") };
}

async function read(file: string): Promise<KeptKey[] | undefined> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  try {
    return KeyFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new AtalayaError("data.damaged", `${file} is damaged.`, {
      cause,
      next: "Remove it: a new key is made, and everybody signs in anew.",
    });
  }
}

async function write(file: string, keys: readonly KeptKey[]): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(keys)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
