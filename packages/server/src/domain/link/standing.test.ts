import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { MAX_EPOCH, type Hearing } from "./standing.ts";
import { standingStore } from "./standing.store.ts";

const fingerprint = { uuid: "u1", macs: ["02:00:00:00:00:01"] };
const hello = (over: Partial<Hearing> = {}): Hearing => ({
  system: 1,
  fingerprint,
  enrolledWith: fingerprint,
  agentEpoch: 0,
  nonce: "n1",
  bootId: "b1",
  at: 1_000_000,
  ...over,
});
const epoch = (value: number) => ({ kind: "epoch", epoch: value });

describe.each(engines)("the standing of links on $name", ({ open }) => {
  test("gives each link a higher epoch than the one before, also after a restart", async () => {
    await using store = await open();
    expect(await standingStore(store).hear([hello()])).toEqual([epoch(1)]);
    expect(await standingStore(store).hear([hello()])).toEqual([epoch(2)]);
  });

  test("reads again what another has written since", async () => {
    await using store = await open();
    const [one, other] = [standingStore(store), standingStore(store)];
    expect(await one.hear([hello({ system: 1 }), hello({ system: 2 })])).toEqual([epoch(1), epoch(1)]);
    expect(await other.hear([hello({ system: 1, fingerprint: { uuid: "u2", macs: [] } })])).toEqual([
      { kind: "cloned", because: "hardware" },
    ]);
    const shown = hello({ system: 1, fingerprint: { uuid: "u3", macs: [] } });
    // Believed, since a person has looked at it: so the other's verdict was seen, and nothing was written twice.
    expect(await one.hear([shown, hello({ system: 2 })])).toEqual([epoch(3), epoch(2)]);
    expect(await other.hear([shown, hello({ system: 2 })])).toEqual([epoch(4), epoch(3)]);
  });

  test("hears thousands in one transaction, several of one system among them", async () => {
    await using store = await open();
    const many = Array.from({ length: 3_000 }, (_, i) => hello({ system: i % 1_000 }));
    const verdicts = await standingStore(store).hear(many);
    expect(verdicts.slice(0, 1_000).every((verdict) => verdict.kind === "epoch" && verdict.epoch === 1)).toBe(true);
    expect(verdicts.slice(2_000).every((verdict) => verdict.kind === "epoch" && verdict.epoch === 3)).toBe(true);
  });

  test("never gives the same epoch twice, though servers hear at the same moment", async () => {
    await using store = await open();
    const servers = [standingStore(store), standingStore(store), standingStore(store)];
    const heard = await Promise.all(
      Array.from({ length: 12 }, (_, i) => servers[i % 3]!.hear([hello({ system: 2 }), hello({ system: 1 })])),
    );
    const epochs = heard.map(([, one]) => (one?.kind === "epoch" ? one.epoch : 0)).sort((a, b) => a - b);
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("goes on above what the agent remembers, and not above what it makes up", async () => {
    await using store = await open();
    expect(await standingStore(store).hear([hello({ agentEpoch: 41 })])).toEqual([epoch(42)]);
    expect(await standingStore(store).hear([hello({ agentEpoch: 7 })])).toEqual([epoch(43)]);
    const absurd = await standingStore(store).hear([hello({ agentEpoch: Number.MAX_SAFE_INTEGER })]);
    expect(absurd).toEqual([epoch(MAX_EPOCH + 1)]);
  });

  test("sees other hardware than that of the enrolment, and believes it once it was let in again", async () => {
    await using store = await open();
    const other = hello({ fingerprint: { uuid: "u2", macs: [] } });
    expect(await standingStore(store).hear([hello(), other])).toEqual([
      epoch(1),
      { kind: "cloned", because: "hardware" },
    ]);
    expect(await standingStore(store).hear([other])).toEqual([epoch(3)]);
    expect(await standingStore(store).hear([hello()])).toEqual([{ kind: "cloned", because: "hardware" }]);
  });

  test("sees two machines that take turns, and forgets it once a person has looked", async () => {
    await using store = await open();
    const turns = [1, 2, 1, 2, 1, 2].map((n, i) => hello({ nonce: `n${n}`, bootId: `b${n}`, at: 1_000_000 + i }));
    const verdicts = [];
    for (const turn of turns) verdicts.push(...(await standingStore(store).hear([turn])));
    expect(verdicts).toEqual([epoch(1), epoch(2), epoch(3), epoch(4), { kind: "cloned", because: "nonces" }, epoch(6)]);
  });
});
