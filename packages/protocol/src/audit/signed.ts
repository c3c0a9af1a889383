import { canonicalJson } from "./canonical.ts";

/** A place in a chain: everything up to `sequence` comes to this hash. */
export interface Position {
  readonly writer: string;
  readonly sequence: number;
  readonly hash: string;
}

// Each purpose has words of its own: a signature of one can never pass for one of another, nor for a ticket's.
const POSITION = "atalaya audit position v1\n";
const BASE = "atalaya audit base v1\n";
const MANIFEST = "atalaya audit export v1\n";

const encoder = new TextEncoder();

/** What is signed of an entry that ended a commit, or of a chain's base: only retention may make one of those. */
export function positionBytes(kind: "entry" | "base", { writer, sequence, hash }: Position): Uint8Array {
  return encoder.encode((kind === "base" ? BASE : POSITION) + canonicalJson({ writer, sequence, hash }));
}

/** What is signed of an export's first line: the line without its signature. */
export function manifestBytes(manifest: object): Uint8Array {
  return encoder.encode(MANIFEST + canonicalJson({ ...manifest, signature: undefined }));
}
