/**
 * Parts of statuses in memory. Thousands of hosts that were installed alike have the same packages, so equal parts are
 * one: by name and SHA-256 of their canonical JSON.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "@atalaya/protocol/audit";

export interface Part {
  readonly name: string;
  /** SHA-256 of the canonical JSON, lower-case hex. */
  readonly digest: string;
  /** `"name":value`, the value as canonical JSON, ready to stand in a document. */
  readonly member: Buffer;
  /** The same with blanks, as it stands in a list; made when somebody first wants it so. */
  spaced?: Buffer;
}
export type Parts = ReadonlyMap<string, Part>;

export interface PartPool {
  /** The one part that is equal to this; from now on this, if there was none. */
  one(part: Part): Part;
  /** Forgets what is in none of these documents. */
  keepOnly(documents: Iterable<Parts>): void;
  readonly size: number;
  readonly bytes: number;
}

export function partOf(name: string, value: unknown): Part {
  return partOfText(name, canonicalJson(value));
}

/** `body` is canonical JSON. */
export function partOfText(name: string, body: string): Part {
  return { name, digest: digestOfText(body), member: Buffer.from(`${JSON.stringify(name)}:${body}`) };
}

export function digestOfText(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

export function bodyOf({ name, member }: Part): string {
  return member.toString("utf8", Buffer.byteLength(JSON.stringify(name)) + 1);
}

export function valueOf(part: Part): unknown {
  return JSON.parse(bodyOf(part)) as unknown;
}

export function bytesOf(parts: Iterable<Part>): number {
  let bytes = 0;
  for (const { member } of parts) bytes += member.length;
  return bytes;
}

export function createPartPool(): PartPool {
  let all = new Map<string, Part>();
  const keyOf = ({ name, digest }: Part): string => `${digest} ${name}`;
  return {
    one(part) {
      const key = keyOf(part);
      const known = all.get(key);
      if (known !== undefined) return known;
      all.set(key, part);
      return part;
    },
    keepOnly(documents) {
      const kept = new Map<string, Part>();
      for (const parts of documents) for (const part of parts.values()) kept.set(keyOf(part), part);
      all = kept;
    },
    get size() {
      return all.size;
    },
    get bytes() {
      return bytesOf(all.values());
    },
  };
}
