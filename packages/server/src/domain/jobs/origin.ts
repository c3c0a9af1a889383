/** What a job was made for, where it was no command of its own: people know it by that, not by the text that hosts got. */
import { z } from "zod";
import { Timestamp } from "../../api/schemas.ts";

export const Origin = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("script"),
      name: z.string(),
      changedAt: Timestamp.describe(
        "Of the script as it ran: its version. What was given stands in the request's `env`.",
      ),
    }),
    z.object({
      kind: z.literal("deployment"),
      id: z.string(),
      name: z.string().optional(),
      rollbackOf: z.string().optional(),
    }),
  ])
  .meta({ id: "JobOrigin", description: "The script of the library or the deployment that a job belongs to." });
export type Origin = z.output<typeof Origin>;
