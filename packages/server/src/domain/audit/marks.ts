/**
 * Changes under way, in a file: one line when a change begins, one when its entry is kept. It is not synced, because a
 * killed process loses nothing that it has written; a power cut may take the last lines along with the change itself.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AtalayaError } from "@atalaya/protocol";
import { auditActions, type AuditAction } from "../../api/audit-actions.ts";
import type { Change } from "../../api/audit.ts";

export interface Mark {
  readonly at: number;
  readonly change: Change;
}

export interface Marks extends Disposable {
  /** What an earlier process began and did not end. */
  readonly left: readonly Mark[];
  /** After `left` was told. */
  forgetLeft(): void;
  /** Throws `audit.unavailable`. Returns what ends it. */
  begin(mark: Mark): () => void;
}

const actions = Object.keys(auditActions) as [AuditAction, ...AuditAction[]];
const Line = z.union([
  z.object({
    begin: z.int(),
    at: z.int(),
    change: z.object({
      actor: z.object({ name: z.string(), token: z.string().optional() }),
      action: z.enum(actions),
      targets: z.array(z.string()).optional(),
      details: z.record(z.string(), z.unknown()).optional(),
      address: z.string().optional(),
      requestId: z.string().optional(),
    }),
  }),
  z.object({ end: z.int() }),
]);

/** Beyond this size it is written anew, with what is open. */
const MOST_BYTES = 1_048_576;

export function openMarks(folder: string): Marks {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "under-way");
  const descriptor = openSync(file, "a+", 0o600);
  let left = readLeft(readFileSync(file, "utf8"));
  const open = new Map<number, string>();
  let last = 0;
  let size = Number.POSITIVE_INFINITY;

  function write(text: string): void {
    size += writeSync(descriptor, text);
  }
  function compact(): void {
    // What is left of an earlier process stays until it was told.
    if (left.length > 0 || (open.size > 0 && size < MOST_BYTES)) return;
    ftruncateSync(descriptor, 0);
    size = 0;
    if (open.size > 0) write([...open.values()].join(""));
  }

  return {
    get left() {
      return left;
    },
    forgetLeft() {
      left = [];
      size = Number.POSITIVE_INFINITY;
      compact();
    },
    begin({ at, change }) {
      const number = (last += 1);
      const { name, token } = change.actor;
      const line = `${JSON.stringify({ begin: number, at, change: { ...change, actor: { name, token } } })}\n`;
      try {
        write(line);
      } catch (cause) {
        throw new AtalayaError("audit.unavailable", "The audit log cannot be written, so nothing may be changed.", {
          cause,
          next: "See the server's log: most likely its disk is full.",
        });
      }
      open.set(number, line);
      return () => {
        open.delete(number);
        try {
          if (open.size > 0) write(`{"end":${number}}\n`);
          compact();
        } catch {
          // Its entry is kept: at worst the next start looks for it, and finds it.
        }
      };
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

/** The last line may be half a line. Each process numbers anew, in a file that is empty: what was left is told first. */
function readLeft(text: string): readonly Mark[] {
  const open = new Map<number, Mark>();
  for (const line of text.split("\n")) {
    const parsed = Line.safeParse(readJson(line));
    if (!parsed.success) continue;
    if ("end" in parsed.data) open.delete(parsed.data.end);
    else open.set(parsed.data.begin, { at: parsed.data.at, change: parsed.data.change as Change });
  }
  return [...open.values()];
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
