import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { openPki, type Pki } from "../../platform/pki/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, dial, fingerprintOf, openServer } from "./agent.testing.ts";

let folder: string;
let pki: Pki;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-waypoints-"));
  pki = await openPki(join(folder, "pki"), { clock: systemClock, log: silentLog });
});
afterAll(async () => {
  await pki[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test("links through a waypoint end with it, and come in again only by another way", async () => {
  await using store = await engines[0]!.open();
  await using server = await openServer(store, pki);
  const [one, two, three] = [await server.enrol(1), await server.enrol(2), await server.enrol(3)];
  await (await dial(server, one)).nextOf("welcome");
  await (await dial(server, two)).nextOf("welcome");
  const behind = await dial(server, three, { via: [two.enrolment, one.enrolment] });
  await behind.nextOf("welcome");
  // Its key is on another machine, too: the host is quarantined.
  const clone = await dial(server, one, { fingerprint: fingerprintOf(9) });
  expect(await clone.nextOf("refused")).toMatchObject({ code: "link.quarantined" });
  const barred = { code: "waypoint.barred" };
  expect(await behind.nextOf("refused")).toMatchObject(barred);
  expect(await (await dial(server, three, { via: [one.enrolment] })).nextOf("refused")).toMatchObject(barred);
  const other = await dial(server, three, { via: [two.enrolment] });
  await other.nextOf("welcome");
  await server.enrolment.desk.decide("revoke", two.enrolment, admin);
  expect(await other.nextOf("refused")).toMatchObject(barred);
  expect(await (await dial(server, three, { via: [two.enrolment] })).nextOf("refused")).toMatchObject(barred);
  await (await dial(server, three)).nextOf("welcome");
});
