import { expect, test } from "vitest";
import { migrations } from "../../../migrations/index.ts";
import { systemClock } from "../../clock.ts";
import { silentLog } from "../../log/index.ts";
import { engines } from "../engines.testing.ts";
import { openStore, type StoreOwner } from "../index.ts";

const postgres = engines.find(({ engine }) => engine === "postgres")!;
const needs = { clock: systemClock, log: silentLog, migrations };
const server = (holder: string, leaseMs = 60_000): StoreOwner => ({ installation: "ours", holder, leaseMs });
/** Stalls: its timers never come, as those of a machine that sleeps. */
const stalled = { ...needs, clock: { ...systemClock, after: () => ({ [Symbol.dispose]: () => undefined }) } };

async function place() {
  const at = await postgres.place();
  const { url } = at.settings as { readonly url: string };
  return {
    open: (owner: StoreOwner, how = needs) => openStore({ engine: "postgres", url, owner }, how),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

test("a second server on one database is refused, with the name of the first", async () => {
  await using at = await place();
  await using _first = await at.open(server("north, /data", 500));
  await expect(at.open(server("south, /data", 500))).rejects.toMatchObject({
    code: "data.in-use",
    message: expect.stringContaining("north, /data"),
  });
});

test("a server that ends gives the database back; one that died is waited for", async () => {
  await using at = await place();
  await (await at.open(server("north")))[Symbol.asyncDispose]();
  await using _dead = await at.open(server("south", 400), stalled);
  await using _next = await at.open(server("north"));
});

test("a server that comes back to its own folder waits for nobody", async () => {
  await using at = await place();
  await using _killed = await at.open(server("north"), stalled);
  await using _again = await at.open(server("north"));
});

test("a server that was thought dead commits nothing any more, and hears of it", async () => {
  await using at = await place();
  await using old = await at.open(server("north", 100), stalled);
  const tables = old.tables<Record<string, never>>();
  expect(await tables.write((tx) => tables.nextRevision(tx))).toBe(1);
  const taken = Promise.withResolvers<string>();
  old.onTaken(({ code }) => taken.resolve(code));

  await using next = await at.open(server("south"));
  await expect(tables.write((tx) => tables.nextRevision(tx))).rejects.toMatchObject({ code: "store.taken" });
  expect(await taken.promise).toBe("store.taken");
  const others = next.tables<Record<string, never>>();
  expect(await others.write((tx) => others.nextRevision(tx))).toBe(2);
});

test("an idle server hears that it was replaced when it renews its lease", async () => {
  await using at = await place();
  await using old = await at.open(server("north", 2_000));
  const taken = Promise.withResolvers<string>();
  old.onTaken(({ code }) => taken.resolve(code));
  await using _next = await at.open(server("north"));
  expect(await taken.promise).toBe("store.taken");
});

test("a database of other keys is refused before anything of it is changed", async () => {
  await using at = await place();
  await (await at.open(server("north, /data")))[Symbol.asyncDispose]();
  const opening = at.open({ installation: "another", holder: "south" });
  await expect(opening).rejects.toMatchObject({ code: "data.foreign", message: expect.stringContaining("north") });
});
