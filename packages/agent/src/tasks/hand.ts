/** What agent and worker give each other: files of one folder, which both reach because both are the agent's account. */
import { join } from "node:path";
import { Progress } from "@atalaya/protocol";
import { z } from "zod";
import { saidLines } from "../platform/said-lines.ts";
import { Policy } from "../policy/policy.ts";

export interface HandFiles {
  /** Agent, before the start. */
  readonly plan: string;
  /** Worker, appending a JSON object a line. */
  readonly speech: string;
  /** Agent. */
  answer(question: number): string;
}

/** `speech` stands beside the folder: who watches a run's folder hears of it there. */
export function handFiles(folder: string): HandFiles {
  return {
    plan: join(folder, "plan.json"),
    speech: join(folder, "..", "speech"),
    answer: (question) => join(folder, `answer-${question}.json`),
  };
}

export const handFolder = (runFolder: string): string => join(runFolder, "hand");

export const Plan = z.object({
  capability: z.string(),
  request: z.unknown(),
  run: z.string(),
  data: z.string(),
  policy: Policy,
});
export type Plan = z.output<typeof Plan>;

export const Speech = z.discriminatedUnion("say", [
  z.object({ say: z.literal("progress"), ...Progress.shape }),
  z.object({ say: z.literal("ask"), question: z.int().min(0), value: z.unknown() }),
  z.object({ say: z.literal("result"), result: z.unknown() }),
  z.object({ say: z.literal("failed"), code: z.string(), message: z.string(), result: z.unknown().optional() }),
]);
export type Speech = z.output<typeof Speech>;

export const Answer = z.union([z.object({ value: z.unknown() }), z.object({ code: z.string(), message: z.string() })]);

/** The whole lines of a text and how many characters they took; what was cut off by a crash is no line. */
export function readSpeech(text: string): { readonly said: readonly Speech[]; readonly taken: number } {
  return saidLines(text, (line) => Speech.parse(line));
}
