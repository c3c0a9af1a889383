import { AtalayaError, type FailureCode } from "@atalaya/protocol";
import { z } from "zod";
import type { Cursor } from "./topic.ts";

const Id = z.int().min(0);

/** What a client may say. */
export const ClientFrame = z.discriminatedUnion("type", [
  /** First, and only where no Authorization header could be sent (browsers). */
  z.strictObject({ type: z.literal("auth"), token: z.string().max(512) }),
  z.strictObject({
    type: z.literal("subscribe"),
    /** Chosen by the client; free again after `unsubscribe`, `done` or an error. */
    id: Id,
    topic: z.string().max(64),
    params: z.record(z.string(), z.unknown()).optional(),
    since: z.int().min(0).optional(),
  }),
  z.strictObject({ type: z.literal("unsubscribe"), id: Id }),
]);
export type ClientFrame = z.output<typeof ClientFrame>;

export type ServerFrame =
  | { readonly type: "subscribed"; readonly id: number }
  | {
      readonly type: "batch";
      readonly id: number;
      readonly events: readonly unknown[];
      readonly cursor: Cursor;
      /** Of something that must be taken whole: who comes back before the rest has come gets these events again. */
      readonly part?: true;
    }
  /** Nothing will follow. */
  | { readonly type: "done"; readonly id: number }
  /** With an id: that subscription has ended. Without: what was said could not be done, or the socket closes. */
  | { readonly type: "error"; readonly id?: number; readonly code: FailureCode; readonly message: string };

/** Larger than any subscription needs. */
export const MAX_CLIENT_FRAME_BYTES = 65_536;

/** Throws `frame.malformed`. */
export function readClientFrame(data: Buffer, isBinary: boolean): ClientFrame {
  if (isBinary) throw new AtalayaError("frame.malformed", "Frames are JSON text, not binary.");
  const parsed = ClientFrame.safeParse(readJson(data.toString("utf8")));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "the frame" : issue.path.join(".");
  throw new AtalayaError("frame.malformed", `This frame cannot be read: ${where}: ${issue?.message ?? "wrong"}.`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
