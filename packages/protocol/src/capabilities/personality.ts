import { z } from "zod";
import { capability } from "./capability.ts";
import { AccountName, Command, environmentName, text } from "./command.ts";

const AbsolutePath = text(4096).refine(
  (path) =>
    path.startsWith("/") &&
    path !== "/" &&
    !path
      .split("/")
      .slice(1)
      .some((part) => ["", ".", ".."].includes(part)),
  "is not an absolute path without . and ..",
);
const Base64 = z
  .string()
  .max(2_800_000)
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "is not base64");
/** A frame carries all of it. */
const MOST_CHARACTERS = 2_800_000;

export const PersonalityFile = z.strictObject({
  path: AbsolutePath,
  content: Base64,
  /** `name`, `name:group` or `:group`. Absent: as the file was, or the agent's. */
  owner: z
    .string()
    .min(1)
    .max(512)
    .regex(/^(?:[^\0:/\s-][^\0:/\s]*)?(?::[^\0:/\s-][^\0:/\s]*)?$/, "is not name, name:group or :group")
    .optional(),
  /** Octal. Absent: as the file was, or 0644. */
  mode: z
    .string()
    .regex(/^0?[0-7]{3,4}$/, "is not an octal mode such as 0644")
    .optional(),
});
export type PersonalityFile = z.output<typeof PersonalityFile>;

/** What makes a machine this one: a set of small files in their places, and a command after them. All of it, or nothing. */
export const personality = capability({
  name: "personality",
  request: z
    .strictObject({
      files: z.array(PersonalityFile).min(1).max(1000),
      /** After all files are in place; unless it succeeds, every file is as it was before. */
      command: Command.optional(),
      /** Of the command; absent: the agent's. */
      account: AccountName.optional(),
      env: z.record(environmentName, text(131_072)).optional(),
      secretEnv: z.array(environmentName).max(64).optional(),
      timeLimitMs: z.int().min(1).max(86_400_000).optional(),
      graceMs: z.int().min(0).max(3_600_000).default(5_000),
    })
    .superRefine(({ files }, context) => {
      const say = (message: string): void => context.addIssue({ code: "custom", path: ["files"], message });
      if (new Set(files.map(({ path }) => path)).size < files.length) say("has a path twice");
      const paths = new Set(files.map(({ path }) => `${path}/`));
      const inside = files.find(({ path }) => [...paths].some((other) => path.startsWith(other)));
      if (inside !== undefined) say(`has ${inside.path} below another file`);
      if (files.reduce((sum, { content }) => sum + content.length, 0) > MOST_CHARACTERS)
        say(`are larger than ${(MOST_CHARACTERS / 4) * 3} bytes together: deploy large files instead`);
    }),
  result: z.strictObject({
    files: z.array(z.tuple([z.string(), z.enum(["created", "replaced", "unchanged"])])),
    /** Of the command. Absent: there was none, or it could not be started. */
    exitCode: z.int().min(0).max(255).optional(),
    rolledBack: z.boolean().optional(),
  }),
  secrets: ({ secretEnv = [] }) => secretEnv,
});
