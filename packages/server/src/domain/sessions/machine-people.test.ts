import { describe, expect, test } from "vitest";
import { silentLog } from "../../platform/log/index.ts";
import type { MachineAccount } from "../../platform/pam/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { reviewMachinePeople } from "./machine-people.ts";
import { sessionStore } from "./sessions.store.ts";
import { accountNamed, machine, openWorld } from "./sessions.testing.ts";

describe.each(engines)("accounts that change while their people are signed in, on $name", ({ open }) => {
  test("end their sessions when they are gone or give another role, and no others", async () => {
    await using store = await open();
    const accounts: MachineAccount[] = [
      accountNamed("gone", []),
      accountNamed("demoted", ["sudo"]),
      accountNamed("chess", ["sudo"]),
    ];
    const pam = machine(accounts);
    await using world = await openWorld(store, { pam });
    const browsers = [await world.signedIn("gone"), await world.signedIn("demoted"), await world.signedIn("chess")];
    const link = await world.signedInByLink();
    const review = () => reviewMachinePeople({ ...world, sessions: sessionStore(store), pam, log: silentLog });
    await review();
    for (const browser of browsers) expect((await browser.call("GET", "/session")).status).toBe(200);

    accounts.splice(0, 3, accountNamed("demoted", []), accountNamed("chess", ["sudo", "chess"]));
    await review();
    const statuses = [];
    for (const browser of [...browsers, link]) statuses.push((await browser.call("GET", "/session")).status);
    expect(statuses).toEqual([401, 401, 200, 200]);
    expect((await world.signedIn("demoted")).session.actor.role).toBe("user");
  });
});
