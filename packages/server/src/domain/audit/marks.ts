/**
 * Changes under way, in a file: one line when a change begins, one when its entry is kept. It is not synced, because a
 * killed process loses nothing that it has written; a power cut may take the last lines along with the change itself.
 */
import { mkdir, open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AtalayaError } from "@atalaya/protocol";
import { auditActions, type AuditAction } from "../../api/audit-actions.ts";
import type { Change } from "../../api/audit.ts";
import { inBatches } from "../../platform/batches.ts";

export interface Mark {
  readonly at: number;
  readonly change: Change;
}

export interface Marks extends AsyncDisposable {
  /** What an earlier process began and did not end. */
  readonly left: readonly Mark[];
  /** After `left` was told, and before anything begins. */
  forgetLeft(): Promise<void>;
  /** Rejects with `audit.unavailable`. Resolves with what ends it. */
  begin(mark: Mark): Promise<() => void>;
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

interface Step {
  readonly number: number;
  /** Absent: it ends. */
  readonly line?: string;
}

/** Beyond this size it is written anew, with what is open. */
const MOST_BYTES = 1_048_576;

export async function openMarks(folder: string): Promise<Marks> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await openFile(join(folder, "under-way"), "a+", 0o600);
  const left = readLeft(await file.readFile("utf8"));
  const open = new Map<number, string>();
  let last = 0;
  let size = 0;

  async function write(text: string): Promise<void> {
    size += (await file.write(text)).bytesWritten;
  }

  const take = inBatches<Step, undefined>(async (steps) => {
    for (const { number, line } of steps) {
      if (line === undefined) open.delete(number);
      else open.set(number, line);
    }
    if (open.size === 0 || size > MOST_BYTES) {
      await file.truncate(0);
      size = 0;
      if (open.size > 0) await write([...open.values()].join(""));
    } else {
      await write(steps.map(({ number, line }) => line ?? `{"end":${number}}\n`).join(""));
    }
    return steps.map(() => undefined);
  });

  return {
    left,
    forgetLeft: () => file.truncate(0),
    async begin({ at, change }) {
      const number = (last += 1);
      const { name, token } = change.actor;
      const line = `${JSON.stringify({ begin: number, at, change: { ...change, actor: { name, token } } })}\n`;
      try {
        await take({ number, line });
      } catch (cause) {
        open.delete(number);
        throw new AtalayaError("audit.unavailable", "The audit log cannot be written, so nothing may be changed.", {
          cause,
          next: "See the server's log: most likely its disk is full.",
        });
      }
      // Where this fails, the next start looks for the entry, and finds it.
      return () => void take({ number }).catch(() => undefined);
    },
    [Symbol.asyncDispose]: () => file.close(),
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
