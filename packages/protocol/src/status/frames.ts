import { z } from "zod";
import { Sha256Hex } from "../capabilities/command.ts";
import { Live } from "./live.ts";
import { statusNames, statusParts } from "./parts.ts";

const PartName = z.enum(statusNames as [string, ...string[]]);

/**
 * Agent to server: the SHA-256 of the canonical JSON of every part there is, and of those that changed the value, too.
 * What is not named is no more. A server that lacks the value of a part asks for it.
 */
export const StatusFrame = z.object({
  type: z.literal("status"),
  parts: z.partialRecord(PartName, Sha256Hex),
  values: z.strictObject(statusParts).partial().optional(),
  live: Live.optional(),
});
export type StatusFrame = z.output<typeof StatusFrame>;

/** Server to agent: tell these parts with their values. */
export const WantStatus = z.object({ type: z.literal("want-status"), parts: z.array(z.string().max(64)).max(64) });
export type WantStatus = z.output<typeof WantStatus>;
