/** What several capabilities' requests are made of. */
import { z } from "zod";

const NO_NUL = /^[^\0]*$/;

export const text = (max: number) => z.string().max(max).regex(NO_NUL, "must not contain NUL");

/** POSIX.1-2024, 8.1: names of environment variables. */
export const environmentName = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a name of an environment variable");

/** Either a program with arguments, never touched by a shell, or one script given to `/bin/sh -c`. */
export const Command = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("program"),
    program: text(4096).min(1),
    args: z.array(text(131_072)).max(4096).default([]),
  }),
  z.strictObject({ kind: z.literal("shell"), script: text(131_072).min(1) }),
]);
export type Command = z.output<typeof Command>;

/** An account on the host, with all its groups. */
export const AccountName = z
  .string()
  .max(256)
  .regex(/^[^\0:/\s-][^\0:/\s]*$/, "is not a name of an account");

/**
 * The account was given to a person by the server's rules. Whoever asked chose neither it nor another, so the agent
 * never takes one below its policy's minimum uid for it, and gives it nothing that needs rights of its own.
 */
export const Mapped = z.literal(true);

export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in lower-case hex");
