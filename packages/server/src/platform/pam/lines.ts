/** JSON, one value a line, over pipes to our own processes. A line has a limit: what is longer ends the conversation. */
import { z } from "zod";
import type { Attempt, MachineAccount, PamAnswer } from "./answer.ts";

/** Passwords and answers are far below it. */
export const MAX_QUESTION_BYTES = 65_536;
/** An account may be in thousands of groups. */
export const MAX_REPLY_BYTES = 1_048_576;

const text = z.string().max(8_192);

export const Question = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("check"),
    id: z.int(),
    attempt: z.strictObject({
      account: text,
      password: text,
      answers: z.array(text).max(16),
      address: z.string().max(64),
    }),
  }),
  z.strictObject({ kind: z.literal("account"), id: z.int(), account: text }),
]);
export type Question = z.output<typeof Question>;
/** A question before somebody gives it its number. */
export type Ask =
  | { readonly kind: "check"; readonly attempt: Attempt }
  | { readonly kind: "account"; readonly account: string };

const Account = z.strictObject({
  name: z.string(),
  uid: z.int(),
  fullName: z.string(),
  groups: z.array(z.string()).readonly(),
}) satisfies z.ZodType<MachineAccount>;
const messages = z.array(z.string()).readonly();
const Answer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("proven"), account: Account, messages }),
  z.strictObject({
    kind: z.literal("refused"),
    reason: z.enum(["wrong", "expired", "locked", "must-change"]),
    text: z.string(),
    messages,
    delayMs: z.number(),
  }),
  z.strictObject({
    kind: z.literal("asks"),
    prompts: z.array(z.strictObject({ text: z.string(), echo: z.boolean() })).readonly(),
    messages,
  }),
]) satisfies z.ZodType<PamAnswer>;

export const Reply = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("answer"), id: z.int(), answer: Answer }),
  z.strictObject({ kind: z.literal("account"), id: z.int(), account: Account.optional() }),
  /** `code` is the failure of ours that it means. */
  z.strictObject({
    kind: z.literal("failed"),
    id: z.int(),
    code: z.enum(["identity.pam-unavailable", "server.busy"]),
    text: z.string(),
  }),
  /** Once, first: it can do its work, or never will. */
  z.strictObject({ kind: z.literal("ready") }),
  z.strictObject({ kind: z.literal("unable"), text: z.string() }),
]);
export type Reply = z.output<typeof Reply>;

/** Feeds on chunks and gives whole lines. Throws when a line grows beyond `maxBytes`. */
export function lineReader(maxBytes: number): (chunk: Buffer) => readonly string[] {
  let held: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const part = chunk.subarray(from, at);
      if (size + part.length > maxBytes) throw tooLong(maxBytes);
      lines.push(Buffer.concat([...held, part]).toString("utf8"));
      // Passwords went through here.
      for (const each of held) each.fill(0);
      held = [];
      size = 0;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    if (size > maxBytes) throw tooLong(maxBytes);
    if (rest.length > 0) held.push(Buffer.from(rest));
    chunk.fill(0);
    return lines;
  };
}

export function lineOf(value: Question | Reply): string {
  return `${JSON.stringify(value)}\n`;
}

function tooLong(maxBytes: number): Error {
  return new Error(`a line is longer than ${maxBytes} bytes`);
}
