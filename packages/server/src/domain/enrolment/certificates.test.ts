import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalBus } from "../../platform/bus/index.ts";
import { systemClock } from "../../platform/clock.ts";
import { makeCsr } from "../../platform/pki/csr.testing.ts";
import { movableClock } from "../../platform/clock.testing.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store, Tables } from "../../platform/store/index.ts";
import { admin, certificateOf, machine, refusalOf, room, testPki } from "./room.testing.ts";

const from = { address: "192.0.2.1" };
let pki: Pki;
beforeAll(async () => void (pki = await testPki()));
afterAll(() => pki[Symbol.asyncDispose]());

type Desk = ReturnType<typeof room>;

async function enrolled(desk: Desk, n = 1) {
  const { request } = await machine(n);
  const reply = await desk.enrolments.enrol({ ...request, token: await desk.newToken() }, from);
  return { request, enrolment: reply.enrolment, certificate: certificateOf(reply) };
}

const renewed = async (desk: Desk, enrolment: string, csr: string) =>
  new X509Certificate((await desk.enrolments.renew(enrolment, csr)).certificate);

describe.each(engines)("a certificate at a connect on $name", ({ open }) => {
  test("is admitted with what the link needs to know", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { certificate, enrolment, request } = await enrolled(desk);
    expect(await desk.enrolments.admit(certificate)).toEqual({
      id: enrolment,
      host: 1,
      system: 101,
      certificateNotAfter: certificate.validToDate.getTime(),
      serial: certificate.serialNumber,
      issue: 1,
      fingerprint: request.fingerprint,
    });
  });

  test("of another CA is unknown, whatever name it carries", async () => {
    await using store = await open();
    await using otherPki = await testPki();
    using desk = room(store, pki);
    const { enrolment } = await enrolled(desk);
    const { csrPem } = await makeCsr();
    const forged = await otherPki.issueClient({ csrPem, cn: enrolment, days: 9 });
    const admitted = desk.enrolments.admit(new X509Certificate(forged.certificatePem));
    expect(await refusalOf(admitted)).toBe("certificate.unknown");
  });

  test("of our CA that was never recorded is unknown", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { enrolment, request } = await enrolled(desk);
    const { certificatePem } = await pki.issueClient({ csrPem: request.csr, cn: enrolment, days: 9 });
    expect(await refusalOf(desk.enrolments.admit(new X509Certificate(certificatePem)))).toBe("certificate.unknown");
  });

  test("is refused from the moment it ends, and its agent may ask for another", async () => {
    await using store = await open();
    const clock = movableClock();
    using desk = room(store, pki, { clock });
    const { certificate, request } = await enrolled(desk);
    // To the certificate's own end: its signer's clock went on while this one stood.
    clock.move(Date.parse(certificate.validTo) - clock.now());
    expect(await refusalOf(desk.enrolments.admit(certificate))).toBe("certificate.expired");
    const next = certificateOf(await desk.enrolments.enrol(request, from));
    expect(next.serialNumber).not.toBe(certificate.serialNumber);
  });

  test("is refused from the moment it is revoked, and so is its agent", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { certificate, enrolment, request } = await enrolled(desk);
    await desk.enrolments.admit(certificate);
    await desk.desk.decide("revoke", enrolment, admin);
    expect(await refusalOf(desk.enrolments.admit(certificate))).toBe("certificate.revoked");
    expect(await refusalOf(desk.enrolments.enrol(request, from))).toBe("certificate.revoked");
    expect(await refusalOf(desk.enrolments.renew(enrolment, request.csr))).toBe("enrolment.unknown");
    expect(desk.detached).toEqual([enrolment]);
  });

  test("is asked about at other doors without counting as a connect, and others' certificates are no business of ours", async () => {
    await using store = await open();
    await using otherPki = await testPki();
    using desk = room(store, pki);
    const { certificate, enrolment, request } = await enrolled(desk);
    await desk.enrolments.admit(certificate);
    const fresh = await renewed(desk, enrolment, request.csr);
    expect(await desk.enrolments.refusal(fresh)).toBeUndefined();
    expect((await desk.enrolments.admit(certificate)).issue).toBe(1);
    await desk.desk.decide("revoke", enrolment, admin);
    expect(await desk.enrolments.refusal(certificate)).toBe("certificate.revoked");
    const { csrPem } = await makeCsr();
    const other = await otherPki.issueClient({ csrPem, cn: enrolment, days: 9 });
    expect(await desk.enrolments.refusal(new X509Certificate(other.certificatePem))).toBeUndefined();
  });

  test("stays good after a renewal until the new one first connects", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { certificate, enrolment, request } = await enrolled(desk);
    await desk.enrolments.admit(certificate);
    const next = await renewed(desk, enrolment, request.csr);
    expect(await refusalOf(desk.enrolments.admit(certificate))).toBe("accepted");
    expect(await refusalOf(desk.enrolments.admit(next))).toBe("accepted");
    expect(await refusalOf(desk.enrolments.admit(certificate))).toBe("certificate.superseded");
    expect(await refusalOf(desk.enrolments.admit(next))).toBe("accepted");
  });

  test("is superseded too when old and new connect at the same moment", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { certificate, enrolment } = await enrolled(desk);
    const next = await renewed(desk, enrolment, (await makeCsr()).csrPem);
    const answers = [certificate, next].map((one) => refusalOf(desk.enrolments.admit(one)));
    expect(await Promise.all(answers)).toEqual(["certificate.superseded", "accepted"]);
  });

  test("is looked up together with ten thousand others in few queries", async () => {
    await using store = await open();
    const counted = counting(store);
    using desk = room(counted.store, pki);
    const agents = await Promise.all([1, 2, 3, 4].map((n) => enrolled(desk, n)));
    for (const { certificate } of agents) await desk.enrolments.admit(certificate);
    using restarted = room(counted.store, pki);
    counted.reset();
    const many = Array.from({ length: 10_000 }, (_, i) => restarted.enrolments.admit(agents[i % 4]!.certificate));
    const admitted = await Promise.all(many);
    expect(new Set(admitted.map(({ id }) => id)).size).toBe(4);
    expect(counted.calls()).toBeGreaterThan(0);
    expect(counted.calls()).toBeLessThanOrEqual(12);
  });

  test("that has connected costs the store nothing when it comes back, until something changes", async () => {
    await using store = await open();
    const counted = counting(store);
    using desk = room(counted.store, pki);
    const [one, other] = [await enrolled(desk, 1), await enrolled(desk, 2)];
    const first = await desk.enrolments.admit(one.certificate);
    await desk.enrolments.admit(other.certificate);
    const costs = async () => {
      counted.reset();
      expect(await desk.enrolments.admit(one.certificate)).toEqual(first);
      return counted.calls();
    };
    // What the first connects changed is looked at by those who watch, and forgotten once more.
    await expect.poll(costs).toBe(0);
    await desk.desk.decide("revoke", other.enrolment, admin);
    expect(await costs()).toBeGreaterThan(0);
  });
});

describe.each(engines)("a renewal on $name", ({ open }) => {
  test("answers the same when the answer was lost", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { enrolment, request } = await enrolled(desk);
    const { csrPem } = await makeCsr({ cn: enrolment });
    const [one, two] = [await renewed(desk, enrolment, csrPem), await renewed(desk, enrolment, csrPem)];
    expect(one.serialNumber).toBe(two.serialNumber);
    expect(await renewed(desk, enrolment, request.csr)).toBeDefined();
  });

  test("may bring a new key, which then speaks for the enrolment in the old one's place", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { enrolment, request, certificate } = await enrolled(desk);
    await desk.enrolments.admit(certificate);
    const { csrPem } = await makeCsr();
    const next = await renewed(desk, enrolment, csrPem);
    expect((await desk.enrolments.enrol({ ...request, csr: csrPem }, from)).enrolment).toBe(enrolment);
    await desk.enrolments.admit(next);
    expect((await desk.enrolments.enrol({ ...request, csr: csrPem }, from)).enrolment).toBe(enrolment);
    expect(await refusalOf(desk.enrolments.enrol(request, from))).toBe("certificate.superseded");
  });

  test("is refused for another's key and another's name", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const [one, two] = [await enrolled(desk, 1), await enrolled(desk, 2)];
    expect(await refusalOf(desk.enrolments.renew(one.enrolment, two.request.csr))).toBe("enrolment.csr-mismatch");
    const { csrPem } = await makeCsr({ cn: two.enrolment });
    expect(await refusalOf(desk.enrolments.renew(one.enrolment, csrPem))).toBe("enrolment.csr-mismatch");
    expect(await refusalOf(desk.enrolments.renew(one.enrolment, "nonsense"))).toBe("enrolment.csr-malformed");
  });

  test("is refused to an agent that collects certificates", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { enrolment } = await enrolled(desk);
    const answers: string[] = [];
    for (let i = 0; i < 9; i += 1) {
      answers.push(await refusalOf(desk.enrolments.renew(enrolment, (await makeCsr()).csrPem)));
    }
    expect(answers.at(-1)).toBe("request.rate-limited");
  });
});

describe.each(engines)("a revocation on $name", ({ open }) => {
  test("is heard here when it is done, and at another server within two seconds", async () => {
    await using store = await open();
    const clock = movableClock();
    using here = room(store, pki);
    // The other server hears no hints of ours: its bus is its own.
    using there = room(store, pki, { clock, bus: createLocalBus({ clock: systemClock }) });
    const heard: string[] = [];
    const away = new Promise<string>((resolve) => {
      there.enrolments.onRevoked((id, code) => {
        if (code === "certificate.revoked") resolve(`${id} ${code}`);
      });
    });
    here.enrolments.onRevoked((id, code) => {
      if (code === "certificate.revoked") heard.push(`${id} ${code}`);
    });
    const { enrolment, certificate } = await enrolled(here);
    await there.enrolments.admit(certificate);
    await here.desk.decide("revoke", enrolment, admin);
    expect(heard).toEqual([`${enrolment} certificate.revoked`]);
    clock.move(2_000);
    expect(await away).toBe(`${enrolment} certificate.revoked`);
    expect(await refusalOf(there.enrolments.admit(certificate))).toBe("certificate.revoked");
  });

  test("follows when the fleet forgets the host, and does not when it was merged", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const [merged, forgotten] = [await enrolled(desk, 1), await enrolled(desk, 2)];
    // From the first connect on revocations are watched for; what was decided before is found at a connect.
    await desk.enrolments.admit(forgotten.certificate);
    const heard = new Promise<string>((resolve) => {
      desk.enrolments.onRevoked((id, code) => {
        if (code === "certificate.revoked") resolve(id);
      });
    });
    desk.forget({ host: 1, into: 2, enrolments: [merged.enrolment] });
    desk.forget({ host: 2, enrolments: [forgotten.enrolment] });
    expect(await heard).toBe(forgotten.enrolment);
    expect(await refusalOf(desk.enrolments.admit(forgotten.certificate))).toBe("certificate.revoked");
    expect(await refusalOf(desk.enrolments.admit(merged.certificate))).toBe("accepted");
  });

  test("of the older certificate is told when a newer one connects", async () => {
    await using store = await open();
    using desk = room(store, pki);
    const { certificate, enrolment } = await enrolled(desk);
    await desk.enrolments.admit(certificate);
    const next = await renewed(desk, enrolment, (await makeCsr()).csrPem);
    const heard = new Promise<string>((resolve) => {
      desk.enrolments.onRevoked((id, code, keep) => {
        if (keep !== 1) resolve(`${id} ${code} ${keep}`);
      });
    });
    const { issue } = await desk.enrolments.admit(next);
    expect(await heard).toBe(`${enrolment} certificate.superseded ${issue}`);
  });
});

/** Counts how often the store is asked. */
function counting(store: Store) {
  let calls = 0;
  const countCalls = <Schema>(tables: Tables<Schema>): Tables<Schema> => ({
    ...tables,
    read: (query) => ((calls += 1), tables.read(query)),
    write: (change) => ((calls += 1), tables.write(change)),
    writeOne: (statement) => ((calls += 1), tables.writeOne(statement)),
    writeStamped: (before, stamped) => ((calls += 1), tables.writeStamped(before, stamped)),
  });
  const counted: Store = { ...store, tables: <Schema>() => countCalls(store.tables<Schema>()) };
  return { store: counted, calls: () => calls, reset: () => void (calls = 0) };
}
