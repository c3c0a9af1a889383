/**
 * Text in, a frame out. What cannot be read is refused with a code; the sentence never repeats what the frame said.
 * Measured: 0.1 µs for `accepted`, 0.6 µs for a result, 10 ms for a hello with 20,000 runs in its spool.
 */
import type { z } from "zod";
import { AtalayaError } from "../failures.ts";
import { acceptedOf, plainResultOf } from "./common-frames.ts";
import { AgentFrame, MAX_CONTROL_FRAME_BYTES, ServerFrame } from "./frames.ts";
import { checkKeys, checkShape } from "./shape.ts";

/** What an agent said. Throws `frame.malformed`, `frame.too-large`. */
export function parseAgentFrame(text: string): AgentFrame {
  const accepted = acceptedOf(text);
  if (accepted !== undefined) return accepted;
  const value = read(text);
  const frame = plainResultOf(value) ?? checked(AgentFrame, value);
  if (frame.type === "result") checkKeys(frame.result);
  if (frame.type === "status") checkKeys(frame.values);
  return frame;
}

/** What the server said. Throws `frame.malformed`, `frame.too-large`. */
export function parseServerFrame(text: string): ServerFrame {
  return checked(ServerFrame, read(text));
}

function read(text: string): unknown {
  if (text.length > MAX_CONTROL_FRAME_BYTES) {
    throw new AtalayaError("frame.too-large", `a control frame has at most ${MAX_CONTROL_FRAME_BYTES} bytes`);
  }
  checkShape(text);
  return readJson(text);
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AtalayaError("frame.malformed", sentence(parsed.error));
  return parsed.data;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own sentence quotes the text, which may hold secrets.
    throw new AtalayaError("frame.malformed", "the frame is not JSON");
  }
}

function sentence(error: z.ZodError): string {
  const first = error.issues[0];
  if (first === undefined) return "the frame is malformed";
  const path = first.path.map(String).join(".").slice(0, 128);
  return `${path === "" ? "the frame" : path}: ${first.code === "custom" ? first.message : problemOf(first)}`;
}

/** Messages of some checks quote keys and values of what came in. */
function problemOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${issue.expected}`;
    case "too_big":
      return `is larger than ${issue.maximum}`;
    case "too_small":
      return `is smaller than ${issue.minimum}`;
    case "invalid_union":
      return "names no frame of this version";
    default:
      return issue.code.replaceAll("_", " ");
  }
}
