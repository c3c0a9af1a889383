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

/**
 * SHA-256 of bytes, or of a text's UTF-8, as a string of 32 characters, one a byte (`latin1`): a tree makes thousands,
 * and such a string costs a quarter of an array.
 */
export type Sha256Characters = (data: Uint8Array | string) => string;

export interface TicketTree {
  readonly root: Uint8Array;
  /** The siblings of each leaf, from the leaf up, in base64 as tickets carry them. */
  pathOf(index: number): readonly string[];
}

const encoder = new TextEncoder();

/** Builds the tree over the claims' texts. Levels are padded by promoting an odd last node. */
export function ticketTree(claims: readonly string[], sha256: Sha256Characters): TicketTree {
  if (claims.length === 0) throw new RangeError("a tree has at least one leaf");
  const levels: string[][] = [];
  let level = claims.map((text) => sha256(`\0${text}`));
  while (level.length > 1) {
    levels.push(level.map((hash) => btoa(hash)));
    const next: string[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i]!;
      const right = level[i + 1];
      next.push(right === undefined ? left : sha256(node(left, right)));
    }
    level = next;
  }
  return {
    root: Uint8Array.from(level[0]!, (character) => character.charCodeAt(0)),
    pathOf(index) {
      const path: string[] = [];
      let at = index;
      for (const texts of levels) {
        const sibling = texts[at ^ 1];
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

function leafHash(claims: string, sha256: Sha256): Uint8Array {
  return sha256(encoder.encode(`\0${claims}`));
}

function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array(65);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return sha256(bytes);
}

/** Hashed at once, so one serves for all nodes of all trees. */
const nodeBytes = new Uint8Array(65).fill(1, 0, 1);

function node(left: string, right: string): Uint8Array {
  for (let i = 0; i < 32; i += 1) {
    nodeBytes[1 + i] = left.charCodeAt(i);
    nodeBytes[33 + i] = right.charCodeAt(i);
  }
  return nodeBytes;
}
