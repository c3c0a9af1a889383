import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store, Tables } from "../../platform/store/index.ts";
import type { FleetRoom } from "./create-fleet.ts";
import type { Attachment } from "./fleet.ts";
import { handClock, linkOf, newcomer, openFleet } from "./fleet.testing.ts";

const by = { name: "token:ana" };
const MACHINES = 4;

const machine = fc.nat({ max: MACHINES - 1 });
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("up"), machine, live: fc.boolean(), via: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("down"), machine, live: fc.boolean() }) },
  fc.record({ kind: fc.constantFrom("rename", "place", "quarantine", "release", "learn", "detach", "enter"), machine }),
  fc.record({ kind: fc.constant("merge"), machine, into: machine }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

interface System {
  readonly attachment: Attachment;
  readonly enrolment: string;
}

/** As it is shown, with the names of waypoints. */
function shown(fleet: FleetRoom) {
  return fleet.directory.hosts.map((host) => ({ ...host, via: host.via?.() }));
}

describe.each(engines)("what is foretold on $name", ({ open }) => {
  test("of links that come and go is what another server reads, whatever else happens to their hosts", async () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.array(act, { minLength: 1, maxLength: 4 })), {
      minLength: 4,
      maxLength: 7,
    });
    const up: Act = { kind: "up", machine: 1, live: false, via: false };
    const down: Act = { kind: "down", machine: 1, live: false };
    const between = (kind: "quarantine" | "detach"): [[boolean, Act[]][]] => [
      [up, { kind, machine: 1 } as const, down, up].map((one) => [false, [one]]),
    ];
    await fc.assert(fc.asyncProperty(steps, agree), {
      numRuns: 8,
      examples: [between("quarantine"), between("detach")],
    });
  }, 60_000);

  test("is not read, neither before the movement nor after it", async () => {
    await using store = await open();
    let reads = 0;
    const counted = <Schema>(tables: Tables<Schema>): Tables<Schema> => ({
      ...tables,
      read: (query) => ((reads += 1), tables.read(query)),
    });
    const counting: Store = { ...store, tables: <Schema>() => counted(store.tables<Schema>()) };
    await using fleet = await openFleet(counting);
    const attachment = await fleet.attach(newcomer(1));
    await fleet.linkUp(linkOf(attachment, 1, { epoch: 1 }));
    const before = reads;
    await fleet.linkDown({ ...attachment, epoch: 1, at: 1_700_000_000_000, reason: "closed" });
    expect(fleet.byKey(attachment.host)).toMatchObject({ state: "offline", offlineReason: "closed" });
    // Which hosts have changed.
    expect(reads - before).toBe(1);
  });

  async function agree(steps: readonly (readonly [boolean, readonly Act[]])[]): Promise<void> {
    const clock = handClock();
    await using store = await open();
    await using one = await openFleet(store, { clock });
    await using two = await openFleet(store, { clock, server: "two" });
    const systems: { readonly os: System; readonly live: System }[] = [];
    for (let n = 0; n < MACHINES; n++) {
      const attached = async (enrolment: string, kind: "os" | "live") => ({
        enrolment,
        attachment: await one.attach(newcomer(n, { enrolment, system: { kind, name: kind } })),
      });
      systems.push({ os: await attached(`enr_${n}`, "os"), live: await attached(`enr_${n}_live`, "live") });
    }
    await two.fresh();
    let epoch = 0;
    for (const [isOther, acts] of steps) {
      clock.time += 1_000;
      // Some of it at the other server, whose news the first one has not heard of when it judges.
      await Promise.allSettled(acts.map((each, at) => done(each, isOther && at % 2 === 0 ? two : one)));
      await Promise.all([one.fresh(), two.fresh()]);
      expect(shown(one)).toEqual(shown(two));
    }
    await using anew = await openFleet(store, { clock, server: "three" });
    expect(shown(anew)).toEqual(shown(one));

    async function done(each: Act, fleet: FleetRoom): Promise<unknown> {
      const { os, live } = systems[each.machine]!;
      const { attachment, enrolment } = "live" in each && each.live ? live : os;
      const host = fleet.byKey(attachment.host)!;
      switch (each.kind) {
        case "up":
          return fleet.linkUp(
            linkOf(attachment, each.machine, {
              enrolment,
              epoch: (epoch += 1),
              at: clock.time,
              ...("via" in each && each.via ? { via: [systems[0]!.os.enrolment] } : {}),
            }),
          );
        case "down":
          return fleet.linkDown({ ...attachment, epoch, at: clock.time, reason: "closed" });
        case "rename":
          return fleet.change(host.key, { name: `aula-${epoch}-${each.machine}` }, by);
        case "place":
          return fleet.change(host.key, { place: ["site", `lab-${epoch}`] }, by);
        case "quarantine":
          return fleet.quarantine(host.key, "link.cloned");
        case "release":
          return fleet.release(host.key, by);
        case "learn":
          return fleet.learn(host.key, { networks: [{ name: "eth0", addresses: [`10.9.0.${epoch}`] }] }, `d${epoch}`);
        case "detach":
          return fleet.detach(enrolment);
        case "enter":
          return fleet.enter({
            door: "bolt",
            name: host.name,
            session: `s${epoch}`,
            address: "10.8.0.1",
            at: clock.time,
          });
        default:
          return fleet.merge(host, fleet.byKey(systems["into" in each ? each.into : 0]!.os.attachment.host)!, by);
      }
    }
  }
});
