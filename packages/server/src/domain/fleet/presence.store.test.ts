import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store, Tables } from "../../platform/store/index.ts";
import { linkOf, newcomer, openFleet } from "./fleet.testing.ts";

const by = { name: "token:ana" };

/** The store whose next change that asks nothing waits until it may go on. */
function waiting(store: Store) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const slow = <Schema>(tables: Tables<Schema>): Tables<Schema> => ({
    ...tables,
    async writeStamped(...change) {
      reached.resolve();
      await goOn.promise;
      return tables.writeStamped(...change);
    },
  });
  return {
    store: { ...store, tables: <Schema>() => slow(store.tables<Schema>()) } satisfies Store,
    reached: reached.promise,
    goOn: () => goOn.resolve(),
  };
}

// PostgreSQL locks the rows that it has read.
describe.each(engines.filter(({ engine }) => engine === "sqlite"))("a coming on $name", ({ open }) => {
  test("that is written after its host was merged is one of the other host", async () => {
    await using store = await open();
    const held = waiting(store);
    await using fleet = await openFleet(held.store);
    const [kept, old] = [await fleet.attach(newcomer(1)), await fleet.attach(newcomer(2))];
    const coming = fleet.linkUp(linkOf(old, 2, { epoch: 1 }));
    await held.reached;
    await fleet.merge(fleet.byKey(old.host)!, fleet.byKey(kept.host)!, by);
    held.goOn();
    await coming;
    expect(fleet.byKey(old.host)?.key).toBe(kept.host);
    expect(fleet.byKey(kept.host)).toMatchObject({ state: "online", addresses: ["10.0.0.2"] });
    expect((await fleet.history(kept.host, { limit: 1 }))[0]).toMatchObject({ event: "connected" });
  });

  test("that is written after its host was renamed changes nothing of that", async () => {
    await using store = await open();
    const held = waiting(store);
    await using fleet = await openFleet(held.store);
    const [one, other] = [await fleet.attach(newcomer(1)), await fleet.attach(newcomer(2))];
    const coming = [fleet.linkUp(linkOf(one, 1, { epoch: 1 })), fleet.linkUp(linkOf(other, 2, { epoch: 1 }))];
    await held.reached;
    await fleet.change(one.host, { name: "aula-1" }, by);
    held.goOn();
    await Promise.all(coming);
    expect(fleet.byKey(one.host)).toMatchObject({ name: "aula-1", state: "online" });
    expect(fleet.byKey(other.host)).toMatchObject({ name: "pc-02", state: "online" });
    const events = (await fleet.history(one.host, { limit: 9 })).map(({ event }) => event);
    expect(events.filter((event) => event === "connected")).toHaveLength(1);
  });
});
