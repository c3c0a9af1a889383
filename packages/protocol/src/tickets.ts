/**
 * A run's ticket: what the server allows, signed. One signature serves a whole wave: the tickets are the leaves of a
 * hash tree (RFC 9162, section 2.1), the root is signed once, each ticket carries its path. A signature a run costs
 * 25 µs of the server, which is a quarter of all that a run may cost there.
 */
import { z } from "zod";

export const TicketClaims = z.strictObject({
  /** Who asked: the actor's name, as in `token:deploy` or `pam:alice`. */
  user: z.string().max(256),
  run: z.string().max(64),
  /** The enrolment id of the host's link the run goes to. */
  enrolment: z.string().max(64),
  capability: z.string().max(64),
  /** Lower-case hex SHA-256 of the request's JSON text. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** When the run's job was made; epoch milliseconds by the server's clock, as below. Sent again, it stays the same. */
  createdAt: z.int(),
  expiresAt: z.int(),
});
export type TicketClaims = z.output<typeof TicketClaims>;

const Base64 = z.string().max(512);

export const Ticket = z.object({
  /** JSON text of `TicketClaims`; the signature covers exactly these characters. */
  claims: z.string().max(2048),
  index: z.int().min(0),
  size: z.int().min(1).max(65_536),
  /** Hashes of the siblings, from the leaf up. */
  path: z.array(Base64).max(17),
  /** Over `TICKET_CONTEXT` and the root's 32 bytes. */
  signature: Base64,
});
export type Ticket = z.output<typeof Ticket>;

export const TICKET_CONTEXT = "atalaya ticket v1\0";
/** The subject's CN of the certificate that signs tickets. */
export const TICKET_SIGNER_CN = "atalaya ticket signer";

/** SHA-256; handed in because this package knows no runtime. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export interface TicketTree {
  readonly root: Uint8Array;
  /** The siblings of each leaf, from the leaf up. */
  pathOf(index: number): readonly Uint8Array[];
}

const encoder = new TextEncoder();

/** Builds the tree over the claims' texts. Levels are padded by promoting an odd last node. */
export function ticketTree(claims: readonly string[], sha256: Sha256): TicketTree {
  if (claims.length === 0) throw new RangeError("a tree has at least one leaf");
  const levels: Uint8Array[][] = [claims.map((text) => leafHash(text, sha256))];
  for (let level = levels[0]!; level.length > 1;) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i]!;
      const right = level[i + 1];
      next.push(right === undefined ? left : nodeHash(left, right, sha256));
    }
    levels.push(next);
    level = next;
  }
  return {
    root: levels.at(-1)![0]!,
    pathOf(index) {
      const path: Uint8Array[] = [];
      let at = index;
      for (const level of levels.slice(0, -1)) {
        const sibling = level[at ^ 1];
        if (sibling !== undefined) path.push(sibling);
        at >>= 1;
      }
      return path;
    },
  };
}

/** The root that a ticket's claims and path lead to; undefined when the path does not fit the place in the tree. */
export function rootOf(
  claims: string,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  sha256: Sha256,
): Uint8Array | undefined {
  if (index >= size) return undefined;
  let hash = leafHash(claims, sha256);
  let at = index;
  let width = size;
  let used = 0;
  while (width > 1) {
    const hasSibling = (at ^ 1) < width;
    if (hasSibling) {
      const sibling = path[used];
      if (sibling === undefined || sibling.length !== 32) return undefined;
      used += 1;
      hash = at % 2 === 0 ? nodeHash(hash, sibling, sha256) : nodeHash(sibling, hash, sha256);
    }
    at >>= 1;
    width = (width + 1) >> 1;
  }
  return used === path.length ? hash : undefined;
}

/** The bytes that are signed. */
export function signedBytes(root: Uint8Array): Uint8Array {
  const context = encoder.encode(TICKET_CONTEXT);
  const bytes = new Uint8Array(context.length + root.length);
  bytes.set(context);
  bytes.set(root, context.length);
  return bytes;
}

/** Hashed at once, so one serves for all: two arrays a run were half of what its ticket cost. */
let leaf = new Uint8Array(4096);
const node = new Uint8Array(65).fill(1, 0, 1);

function leafHash(claims: string, sha256: Sha256): Uint8Array {
  // A character is at most three bytes; the first byte, which says that it is a leaf, stays 0.
  if (leaf.length < 1 + claims.length * 3) leaf = new Uint8Array(1 + claims.length * 3);
  const { written } = encoder.encodeInto(claims, leaf.subarray(1));
  return sha256(leaf.subarray(0, 1 + written));
}

function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  node.set(left, 1);
  node.set(right, 33);
  return sha256(node);
}
