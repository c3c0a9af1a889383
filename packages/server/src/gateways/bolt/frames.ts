/** Frames of mux-demux 3.7: one JSON array a line, `[stream, event]` or `[stream, event, argument]`. */
import { AtalayaError } from "@atalaya/protocol";

export interface Frame {
  readonly id: string;
  /** `new`, `data`, `end`, `close`, `pause`, `resume`, `error`; others are told to nobody. */
  readonly event: string;
  readonly argument: unknown;
}

const MAX_ID = 256;

/** Undefined: JSON that the original ignores in silence. Throws `bolt.malformed` for what is no JSON, as an empty line. */
export function readFrame(line: Buffer): Frame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString("utf8"));
  } catch (cause) {
    throw new AtalayaError("bolt.malformed", "a line is no JSON", { cause });
  }
  if (!Array.isArray(value)) return undefined;
  const [id, event, argument] = value as readonly unknown[];
  if (typeof id !== "string" || typeof event !== "string") return undefined;
  if (id === "__proto__" || event === "__proto__" || id.length > MAX_ID) return undefined;
  return { id, event, argument };
}

/** A frame as its line, LF included. */
export function writeFrame(id: string, event: string, argument?: unknown): string {
  return `${JSON.stringify(argument === undefined ? [id, event] : [id, event, argument])}\n`;
}

export interface Opening {
  readonly meta: string;
  /** What the receiver may do with its end. */
  readonly writable: boolean;
  readonly readable: boolean;
}

const MAX_META = 256;

/** What a `new` says; undefined when it says nothing that can be meant. Absent options mean both. */
export function openingOf(argument: unknown): Opening | undefined {
  if (typeof argument !== "object" || argument === null) return undefined;
  const { meta, opts } = argument as { readonly meta?: unknown; readonly opts?: unknown };
  if (typeof meta !== "string" || meta.length > MAX_META) return undefined;
  const { writable, readable } = (typeof opts === "object" && opts !== null ? opts : {}) as Record<string, unknown>;
  return { meta, writable: writable !== false, readable: readable !== false };
}

/** The ports in a capability: an empty text means port 0, as in the original, which nobody listens on. */
export function portsOf(capability: string): readonly number[] {
  const ports = capability
    .slice(0, 4_096)
    .split(",")
    .map((text) => Number(text.trim()))
    .filter((port) => Number.isInteger(port) && port >= 0 && port <= 65_535);
  return [...new Set(ports)].slice(0, 256);
}
