import { AtalayaError } from "@atalaya/protocol";
import type { z } from "zod";
import { firstLine } from "../runs/launchpad.ts";

/** Throws `request.malformed`, naming what is wrong. */
export function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AtalayaError("request.malformed", `the body cannot be read: ${firstLine(parsed.error)}`);
}
