import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHash } from "node:crypto";
import { movableClock } from "../../platform/clock.testing.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, certificateOf, countingFleet, machine, refusalOf, room, testPki } from "./room.testing.ts";

const from = { address: "192.0.2.1" };
let pki: Pki;
beforeAll(async () => void (pki = await testPki()));
afterAll(() => pki[Symbol.asyncDispose]());

describe.each(engines)("coming in with a join token on $name", ({ open }) => {
  test("gives a certificate in the enrolment's name and a host", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { request } = await machine(1);
    const reply = await desk.enrolments.enrol({ ...request, token: await desk.newToken() }, from);
    expect(reply).toMatchObject({ state: "accepted", ca: pki.caPem });
    expect(certificateOf(reply).subject).toBe(`CN=${reply.enrolment}`);
    expect(desk.attached).toMatchObject([{ enrolment: reply.enrolment, hostname: "pc1", system: { name: "disk-1" } }]);
  });

  test("lets nobody take the place of the server's own agent by showing its hardware", async () => {
    await using store = await open();
    const counting = countingFleet();
    let replaces = "";
    using desk = room(store, pki, {
      fleet: {
        ...counting.fleet,
        foresee: async (newcomers) => newcomers.map(() => ({ verdict: "known-host", host: 1, replaces })),
      },
    });
    const [own, token] = [(await machine(1)).request, await desk.newToken(5)];
    replaces = (await desk.enrolments.enrol({ ...own, token }, from)).enrolment;
    await desk.hold(replaces);

    const again = { ...(await machine(2)).request, fingerprint: own.fingerprint };
    for (const asked of [{ ...again, token }, again]) {
      expect(await refusalOf(desk.enrolments.enrol(asked, from))).toBe("enrolment.local-agent");
    }
    expect(counting.attached).toHaveLength(1);
    // The agent itself asks as before, and other machines are others.
    expect((await desk.enrolments.enrol(own, from)).enrolment).toBe(replaces);
    expect(await refusalOf(desk.enrolments.enrol({ ...(await machine(3)).request, token }, from))).toBe("accepted");
  });

  test("takes each use once, however many come at the same moment", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const token = await desk.newToken(3);
    const machines = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => machine(n)));
    const answers = await Promise.all(
      machines.map(({ request }) => refusalOf(desk.enrolments.enrol({ ...request, token }, from))),
    );
    expect(answers.filter((answer) => answer === "accepted")).toHaveLength(3);
    expect(answers.filter((answer) => answer === "enrolment.token-exhausted")).toHaveLength(3);
    expect((await desk.joinTokens.list({ limit: 9 }, admin)).items).toMatchObject([{ state: "exhausted", taken: 3 }]);
    expect(desk.attached).toHaveLength(3);
  });

  test("asked again with the same key gives the same certificate and takes no use", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const [{ request }, token] = [await machine(1), await desk.newToken(2)];
    const asked = () => desk.enrolments.enrol({ ...request, token }, from);
    const replies = await Promise.all([asked(), asked(), asked()]);
    const serials = replies.map((reply) => certificateOf(reply).serialNumber);
    expect(new Set(serials).size).toBe(1);
    expect(certificateOf(await desk.enrolments.enrol(request, from)).serialNumber).toBe(serials[0]);
    expect((await desk.joinTokens.list({ limit: 9 }, admin)).items).toMatchObject([{ taken: 1 }]);
    expect(desk.attached).toHaveLength(1);
  });

  test("goes on where it stopped when the fleet failed in between", async () => {
    await using store = await open();
    let broken = true;
    using desk = room(store, pki, {
      fleet: {
        ...countingFleet().fleet,
        async attach() {
          if (broken) throw new Error("the fleet is away");
          return { verdict: "new-host", host: 1, system: 2 };
        },
      },
    });
    const [{ request }, token] = [await machine(1), await desk.newToken(1)];
    await expect(desk.enrolments.enrol({ ...request, token }, from)).rejects.toThrow("the fleet is away");
    broken = false;
    expect((await desk.enrolments.enrol({ ...request, token }, from)).state).toBe("accepted");
  });

  test("brings the token's place and labels to the fleet", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const wish = { uses: 1, expiresInMs: 1_000_000, place: "centro/aula-1", labels: { role: "pc" } };
    const { token } = await desk.joinTokens.create(wish, admin);
    await desk.enrolments.enrol({ ...(await machine(1)).request, token }, from);
    expect(desk.attached).toMatchObject([{ place: ["centro", "aula-1"], labels: { role: "pc" } }]);
  });

  test("ends what the same system was enrolled as before", async () => {
    await using store = await open();
    const sameSystem = {
      ...countingFleet().fleet,
      attach: async () => ({ verdict: "known-host", host: 1, system: 2 }) as const,
    };
    using desk = room(store, pki, { fleet: sameSystem });
    const revoked: string[] = [];
    using _ = desk.enrolments.onRevoked((id, code) => void (code === "certificate.revoked" && revoked.push(id)));
    const join = async () =>
      desk.enrolments.enrol({ ...(await machine(1)).request, token: await desk.newToken() }, from);
    const old = await join();
    await desk.enrolments.admit(certificateOf(old));
    const anew = await join();

    expect(await refusalOf(desk.enrolments.admit(certificateOf(old)))).toBe("certificate.revoked");
    expect((await desk.enrolments.admit(certificateOf(anew))).id).toBe(anew.enrolment);
    await expect.poll(() => revoked).toEqual([old.enrolment]);
    expect((await desk.desk.list({ limit: 9 }, admin)).items).toMatchObject([
      { id: anew.enrolment, state: "accepted" },
      { id: old.enrolment, state: "revoked", decidedBy: "enrolled-anew" },
    ]);
  });

  test("tells the fleet how far the word of the token's maker reaches, and nobody else of what stands elsewhere", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const limited = { ...admin, name: "token:centro", places: ["centro"] };
    const wish = { uses: 1, expiresInMs: 1_000_000 };
    const { token } = await desk.joinTokens.create({ ...wish, place: "centro/aula-1" }, limited);
    await desk.joinTokens.create({ ...wish, place: "otro" }, admin);
    await desk.joinTokens.create(wish, admin);
    const { enrolment } = await desk.enrolments.enrol({ ...(await machine(1)).request, token }, from);
    expect(desk.attached).toMatchObject([{ enrolment, reach: ["centro"] }]);
    expect((await desk.joinTokens.list({ limit: 1 }, limited)).items).toMatchObject([{ place: "centro/aula-1" }]);
    expect((await desk.joinTokens.list({ limit: 9 }, admin)).items).toHaveLength(3);
    // The counting fleet knows no places, so nothing is the limited one's to see.
    expect(await desk.desk.list({ limit: 9 }, limited)).toEqual({ items: [] });
  });

  test("is refused with its code when the token is no good", async () => {
    await using store = await open();
    const clock = movableClock();
    using desk = room(store, pki, { clock });
    const { request } = await machine(1);
    const asked = (token: string) => refusalOf(desk.enrolments.enrol({ ...request, token }, from));

    expect(await asked(`atj_${"x".repeat(32)}.${pki.caPin}`)).toBe("enrolment.token-unknown");
    expect(await asked("nonsense")).toBe("enrolment.token-unknown");
    expect(await asked(`${(await desk.newToken()).split(".")[0]}.${"A".repeat(43)}`)).toBe("enrolment.ca-mismatch");
    const revoked = await desk.joinTokens.create({ uses: 1, expiresInMs: 1_000 }, admin);
    await desk.joinTokens.revoke(revoked.record.id, admin);
    expect(await asked(revoked.token)).toBe("enrolment.token-revoked");
    const short = await desk.newToken(1, 1_000);
    clock.move(1_001);
    expect(await asked(short)).toBe("enrolment.token-expired");
    expect((await desk.desk.list({ limit: 9 }, admin)).items).toEqual([]);
    expect(desk.attached).toEqual([]);
  });

  test("is refused when the CSR is broken or names somebody", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const token = await desk.newToken();
    const named = (await machine(1, { cn: "enr_somebodyelse" })).request;
    expect(await refusalOf(desk.enrolments.enrol({ ...named, token }, from))).toBe("enrolment.csr-mismatch");
    const broken = {
      ...(await machine(1)).request,
      csr: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    };
    expect(await refusalOf(desk.enrolments.enrol({ ...broken, token }, from))).toBe("enrolment.csr-malformed");
    expect((await desk.joinTokens.list({ limit: 9 }, admin)).items).toMatchObject([{ taken: 0 }]);
  });

  test("costs an address more and more when it guesses", async () => {
    await using store = await open();
    const clock = movableClock();
    using desk = room(store, pki, { clock, settings: { perAddress: { burst: 50, perSecond: 10 } } });
    const token = await desk.newToken(10);
    const { request } = await machine(1);
    const guess = () => refusalOf(desk.enrolments.enrol({ ...request, token: "guess" }, from));
    expect([await guess(), await guess(), await guess(), await guess()]).toEqual([
      "enrolment.token-unknown",
      "enrolment.token-unknown",
      "enrolment.token-unknown",
      "request.rate-limited",
    ]);
    expect(await refusalOf(desk.enrolments.enrol({ ...request, token }, { address: "192.0.2.2" }))).toBe("accepted");
    clock.move(7_000);
    expect(await refusalOf(desk.enrolments.enrol({ ...request, token }, from))).toBe("accepted");
  });

  test("leaves only the hash of the token in the store", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const token = await desk.newToken();
    await desk.enrolments.enrol({ ...(await machine(1)).request, token }, from);
    const secret = token.split(".")[0]!;
    const rows = await store
      .tables<{ enrolment_join_token: { hash: string } }>()
      .read((db) => db.selectFrom("enrolment_join_token").selectAll().execute());
    expect(rows).toMatchObject([{ hash: createHash("sha256").update(secret).digest("hex") }]);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(4));
  });
});

describe.each(engines)("coming in without a token on $name", ({ open }) => {
  test("waits until somebody accepts, under the same id", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { request } = await machine(1);
    const first = await desk.enrolments.enrol(request, from);
    expect(first).toMatchObject({ state: "pending" });
    expect(await desk.enrolments.enrol(request, from)).toEqual(first);
    expect((await desk.desk.list({ state: "pending", limit: 9 }, admin)).items).toMatchObject([
      { id: first.enrolment, hostname: "pc1", address: from.address },
    ]);
    expect(await desk.desk.decide("accept", first.enrolment, admin)).toMatchObject({
      state: "accepted",
      decidedBy: "test",
    });
    const reply = await desk.enrolments.enrol(request, from);
    expect(reply).toMatchObject({ state: "accepted", enrolment: first.enrolment });
  });

  test("is refused once somebody rejected it, until somebody accepts after all", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { request } = await machine(1);
    const { enrolment } = await desk.enrolments.enrol(request, from);
    await desk.desk.decide("reject", enrolment, admin);
    expect(await refusalOf(desk.enrolments.enrol(request, from))).toBe("enrolment.rejected");
    const withToken = { ...request, token: await desk.newToken() };
    expect(await refusalOf(desk.enrolments.enrol(withToken, from))).toBe("enrolment.rejected");
    await desk.desk.decide("accept", enrolment, admin);
    expect((await desk.enrolments.enrol(request, from)).state).toBe("accepted");
  });

  test("ends when it comes back with a token", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { request } = await machine(1);
    const { enrolment } = await desk.enrolments.enrol(request, from);
    const reply = await desk.enrolments.enrol({ ...request, token: await desk.newToken() }, from);
    expect(reply).toMatchObject({ state: "accepted", enrolment });
  });

  test("has room for so many, and those who wait too long make room", async () => {
    await using store = await open();
    const clock = movableClock();
    using desk = room(store, pki, { clock, settings: { queue: { size: 2, expiresMs: 10_000 } } });
    const ask = async (n: number) => desk.enrolments.enrol((await machine(n)).request, from);
    const { enrolment } = await ask(1);
    await ask(2);
    expect(await refusalOf(ask(3))).toBe("enrolment.queue-full");
    clock.move(10_001);
    expect((await desk.desk.list({ limit: 9 }, admin)).items).toEqual([]);
    expect(await refusalOf(desk.desk.decide("accept", enrolment, admin))).toBe("enrolment.unknown");
    expect((await ask(3)).state).toBe("pending");
  });

  test("leaves room for those of other networks", async () => {
    await using store = await open();
    using desk = room(store, pki, { settings: { queue: { size: 60, expiresMs: 10_000 } } });
    const ask = async (n: number, address: string) => desk.enrolments.enrol((await machine(n)).request, { address });
    for (let n = 1; n <= 50; n++) expect((await ask(n, `2001:db8:0:1::${n}`)).state).toBe("pending");
    await expect(ask(51, "2001:db8:0:1::51")).rejects.toMatchObject({
      code: "enrolment.queue-full",
      message: expect.stringContaining("of this network"),
    });
    expect((await ask(52, "2001:db8:0:2::1")).state).toBe("pending");
    const token = await desk.newToken();
    const { request } = await machine(53);
    expect((await desk.enrolments.enrol({ ...request, token }, { address: "2001:db8:0:1::53" })).state).toBe(
      "accepted",
    );
  });

  test("is refused where nobody may wait", async () => {
    await using store = await open();
    using desk = room(store, pki, { settings: { queue: undefined } });
    expect(await refusalOf(desk.enrolments.enrol((await machine(1)).request, from))).toBe("enrolment.token-needed");
  });

  test("cannot be decided twice in different ways", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { enrolment } = await desk.enrolments.enrol((await machine(1)).request, from);
    expect(await refusalOf(desk.desk.decide("revoke", enrolment, admin))).toBe("request.conflict");
    await desk.desk.decide("accept", enrolment, admin);
    expect(await refusalOf(desk.desk.decide("accept", enrolment, admin))).toBe("accepted");
    expect(await refusalOf(desk.desk.decide("reject", enrolment, admin))).toBe("request.conflict");
    expect(await refusalOf(desk.desk.decide("accept", "enr_nobody", admin))).toBe("enrolment.unknown");
  });

  test("is decided by nobody who is limited to places", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { enrolment } = await desk.enrolments.enrol((await machine(1)).request, from);
    const limited = { ...admin, places: ["centro"] };
    expect(await refusalOf(desk.desk.decide("accept", enrolment, limited))).toBe("identity.forbidden");
    const wish = { uses: 1, expiresInMs: 1_000 };
    expect(await refusalOf(desk.joinTokens.create({ ...wish, place: "centro2" }, limited))).toBe("identity.forbidden");
    expect(await refusalOf(desk.joinTokens.create({ ...wish, place: "centro/aula" }, limited))).toBe("accepted");
  });
});
