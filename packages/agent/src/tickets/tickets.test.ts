import { beforeAll, describe, expect, test } from "vitest";
import {
  authority,
  signedStart,
  ticketSignerOf,
  type Authority,
  type Issued,
  type StartWish,
} from "../testing/authority.testing.ts";
import { admitStart, ticketSigner, type TicketGround } from "./tickets.ts";

let ca: Authority;
let signer: Issued;
let ground: TicketGround;
const run = `run_${"a".repeat(22)}`;

beforeAll(async () => {
  ca = await authority();
  signer = await ticketSignerOf(ca);
  ground = {
    enrolment: "enr_1",
    epoch: 3,
    signer: ticketSigner(signer.certificate, ca.certificate, Date.now()),
    serverNow: () => Date.now(),
  };
});

const start = (over: Partial<StartWish> = {}) =>
  signedStart({ run, request: { command: "x" }, enrolment: "enr_1", signer: signer.key, epoch: 3, ...over });

describe("a start", () => {
  test("is obeyed with a ticket for exactly this run, host and request", () => {
    expect(admitStart(start(), ground).user).toBe("token:test");
  });
  test("is refused when anything about its ticket is forged", () => {
    const other = `run_${"b".repeat(22)}`;
    const good = start();
    const forged = [
      { ...good, run: other },
      { ...good, request: `${good.request} ` },
      { ...good, capability: "file" },
      { ...good, ticket: { ...good.ticket, claims: good.ticket.claims.replace("token:test", "token:root") } },
      { ...good, ticket: { ...good.ticket, index: 0 } },
      { ...good, ticket: { ...good.ticket, path: good.ticket.path.slice(1) } },
      { ...good, ticket: { ...good.ticket, signature: Buffer.alloc(64).toString("base64") } },
      { ...good, ticket: { ...good.ticket, signature: "" } },
      start({ enrolment: "enr_2" }),
    ];
    for (const one of forged)
      expect(() => admitStart(one, ground)).toThrow(expect.objectContaining({ code: "run.ticket-invalid" }));
  });
  test("is refused when its ticket expired by the server's clock, or its epoch is over", () => {
    expect(() => admitStart(start({ expiresAt: Date.now() - 1 }), ground)).toThrow(
      expect.objectContaining({ code: "run.ticket-expired" }),
    );
    const slow = { ...ground, serverNow: () => Date.now() - 3_600_000 };
    expect(admitStart(start({ expiresAt: Date.now() - 1 }), slow).run).toBe(run);
    expect(() => admitStart(start({ epoch: 2 }), ground)).toThrow(expect.objectContaining({ code: "link.old-epoch" }));
  });
  test("is refused when its job is older than the memory of runs, by the server's clock", () => {
    const days = (count: number) => Date.now() - count * 86_400_000;
    const tooOld = expect.objectContaining({ code: "run.too-old" });
    expect(() => admitStart(start({ createdAt: days(30) }), ground)).toThrow(tooOld);
    expect(admitStart(start({ createdAt: days(29.9) }), ground).run).toBe(run);
    const slow = { ...ground, serverNow: () => days(1) };
    expect(admitStart(start({ createdAt: days(30) }), slow).run).toBe(run);
  });
});

describe("the signer of tickets", () => {
  const invalid = expect.objectContaining({ code: "run.ticket-invalid" });
  test("must be of the pinned CA, by name and kind of key", async () => {
    const elsewhere = await ticketSignerOf(await authority());
    expect(() => ticketSigner(elsewhere.certificate, ca.certificate, Date.now())).toThrow(invalid);
    const agent = await ca.issue({ commonName: "enr_1", kind: "ed25519" });
    expect(() => ticketSigner(agent.certificate, ca.certificate, Date.now())).toThrow(invalid);
    const p256 = await ca.issue({ commonName: "atalaya ticket signer" });
    expect(() => ticketSigner(p256.certificate, ca.certificate, Date.now())).toThrow(invalid);
    expect(() => ticketSigner("nonsense", ca.certificate, Date.now())).toThrow(invalid);
    expect(() => ticketSigner(signer.certificate, ca.certificate, Date.now() + 400 * 86_400_000)).toThrow(invalid);
  });
});
