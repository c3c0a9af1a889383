import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  rootOf,
  signedBytes,
  Ticket,
  TICKET_CONTEXT,
  TicketClaims,
  ticketTree as treeOver,
  type Sha256,
} from "./tickets.ts";

const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const ticketTree = (claims: readonly string[]) =>
  treeOver(claims, (data) => createHash("sha256").update(data).digest("latin1"));
const bytesOf = (path: readonly string[]) => path.map((hash) => Buffer.from(hash, "base64"));
const texts = fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 70 });
const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString("hex"));

describe("a tree of tickets", () => {
  test("every leaf's path leads to the root", () => {
    fc.assert(
      fc.property(texts, (claims) => {
        const tree = ticketTree(claims);
        claims.forEach((text, index) => {
          expect(hex(rootOf(text, index, claims.length, bytesOf(tree.pathOf(index)), sha256))).toBe(hex(tree.root));
        });
      }),
    );
  });

  test("other claims, another place or a touched path lead elsewhere", () => {
    const pick = fc.record({
      claims: fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 40 }),
      at: fc.nat(),
      other: fc.nat(),
    });
    fc.assert(
      fc.property(pick, ({ claims, at, other }) => {
        const tree = ticketTree(claims);
        const index = at % claims.length;
        const elsewhere = other % claims.length;
        const path = bytesOf(tree.pathOf(index));
        const leads = (text: string, place: number, nodes: readonly Uint8Array[]) =>
          hex(rootOf(text, place, claims.length, nodes, sha256));
        expect(leads(`${claims[index]}!`, index, path)).not.toBe(hex(tree.root));
        if (elsewhere !== index) expect(leads(claims[index]!, elsewhere, path)).not.toBe(hex(tree.root));
        const touched = path.map((node, level) =>
          level === other % path.length ? node.map((byte) => byte ^ 1) : node,
        );
        expect(leads(claims[index]!, index, touched)).not.toBe(hex(tree.root));
      }),
    );
  });

  test("a path that does not fit its place is refused", () => {
    const claims = ["a", "b", "c"];
    const tree = ticketTree(claims);
    const path = bytesOf(tree.pathOf(0));
    expect(rootOf("a", 3, 3, path, sha256)).toBeUndefined();
    expect(rootOf("a", 0, 3, path.slice(1), sha256)).toBeUndefined();
    expect(rootOf("a", 0, 3, [...path, path[0]!], sha256)).toBeUndefined();
    expect(rootOf("a", 0, 3, [path[0]!.subarray(1), path[1]!], sha256)).toBeUndefined();
  });

  test("a node can never be passed off as a leaf", () => {
    const [left, right] = ["a", "b"].map((text) => ticketTree([text]).root);
    const node = Buffer.concat([left!, right!]).toString("latin1");
    expect(hex(ticketTree([node]).root)).not.toBe(hex(ticketTree(["a", "b"]).root));
  });

  test("an empty batch has no tree", () => {
    expect(() => ticketTree([])).toThrow(RangeError);
  });
});

test("what is signed names its purpose", () => {
  const root = new Uint8Array(32).fill(7);
  expect(Buffer.from(signedBytes(root)).toString("latin1")).toBe(`${TICKET_CONTEXT}${"\x07".repeat(32)}`);
});

test("tickets and claims with missing, malformed or surplus parts are refused", () => {
  const claims = {
    user: "local",
    run: "run_x",
    enrolment: "enr_x",
    capability: "exec",
    digest: "0".repeat(64),
    createdAt: 0,
    expiresAt: 1,
  };
  expect(TicketClaims.safeParse(claims).success).toBe(true);
  expect(TicketClaims.safeParse({ ...claims, digest: "F".repeat(64) }).success).toBe(false);
  expect(TicketClaims.safeParse({ ...claims, more: 1 }).success).toBe(false);
  const ticket = { claims: "{}", index: 0, size: 1, path: [], signature: "" };
  expect(Ticket.safeParse(ticket).success).toBe(true);
  expect(Ticket.safeParse({ ...ticket, size: 0 }).success).toBe(false);
  expect(Ticket.safeParse({ ...ticket, path: Array.from({ length: 18 }, () => "") }).success).toBe(false);
});
