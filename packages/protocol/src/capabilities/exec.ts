import { z } from "zod";
import { capability } from "./capability.ts";
import { AccountName, Command, environmentName, Mapped, Sha256Hex, text } from "./command.ts";

/**
 * Run a program. `command` is either a program with arguments, never touched by a shell, or, when a shell is asked
 * for, one script given to `/bin/sh -c`.
 */
export const exec = capability({
  name: "exec",
  request: z.strictObject({
    command: Command,
    /** Absolute; absent: the account's home. */
    cwd: text(4096).startsWith("/").optional(),
    env: z.record(environmentName, text(131_072)).optional(),
    /** The account on the host, with all its groups; absent: the account the agent runs as. */
    account: AccountName.optional(),
    mapped: Mapped.optional(),
    stdin: z
      .discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("text"), text: z.string().max(1_048_576) }),
        /** A blob this run may fetch. */
        z.strictObject({ kind: z.literal("blob"), sha256: Sha256Hex }),
        /** The value of the secret of this name. */
        z.strictObject({ kind: z.literal("secret"), name: environmentName }),
      ])
      .optional(),
    /** Names of secrets that reach the environment. Their values never stand in a request. */
    secretEnv: z.array(environmentName).max(64).optional(),
    timeLimitMs: z.int().min(1).max(31_536_000_000).optional(),
    /** Both streams together. At the limit the command is killed: failed with `run.output-limit`. */
    outputLimitBytes: z.int().min(0).max(1_099_511_627_776).optional(),
    limits: z
      .strictObject({
        cpuSeconds: z.int().min(1).optional(),
        /** Of all its processes together where the host has control groups, else the address space of each (RLIMIT_AS). */
        memoryBytes: z.int().min(1_048_576).optional(),
        /** Processors' worth of time: 0.5 is half of one. Only where the host has control groups. */
        cpus: z.number().min(0.01).max(4096).optional(),
        /** Its own where the host has control groups, else the account's (RLIMIT_NPROC). */
        processes: z.int().min(1).optional(),
        openFiles: z.int().min(3).optional(),
      })
      .optional(),
    /** Octal, as in `022`. */
    umask: z
      .string()
      .regex(/^0?[0-7]{3}$/, "is not an octal umask")
      .optional(),
    nice: z.int().min(-20).max(19).optional(),
    /** Between TERM and KILL when the run is cancelled or over its time limit. */
    graceMs: z.int().min(0).max(3_600_000).default(5_000),
  }),
  result: z.strictObject({
    /** As POSIX shells report it: 128 + n when signal n ended the command. Absent: it never started. */
    exitCode: z.int().min(0).max(255).optional(),
  }),
  runner: {
    asked: ({ account }) => account,
    given: (request, account, mapped) => ({ ...request, account, ...(mapped ? { mapped } : {}) }),
  },
  blobs: ({ stdin }) => (stdin?.kind === "blob" ? [stdin.sha256] : []),
  secrets: ({ stdin, secretEnv = [] }) => (stdin?.kind === "secret" ? [...secretEnv, stdin.name] : secretEnv),
});
