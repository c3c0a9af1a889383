import { z } from "zod";
import { idOf, Timestamp } from "../../api/schemas.ts";

export const RecordingId = idOf("term");

export const RecordingView = z
  .object({
    id: RecordingId,
    host: z.string().describe("Its name when the terminal was open."),
    actor: z.string(),
    account: z.string(),
    startedAt: Timestamp,
    durationMs: z.int(),
    exitCode: z.int().optional(),
    open: z.literal(true).optional().describe("It goes on; duration and size are those of now."),
    cutShort: z.literal(true).optional().describe("Its server was killed: it ends where that was."),
    bytes: z.int().describe("Size of the asciicast."),
  })
  .meta({ id: "TerminalRecording", description: "What a terminal's screen showed." });
export type RecordingView = z.output<typeof RecordingView>;

export const RecordingCursor = z.tuple([z.int()]);
