import { z } from "zod";
import { capability } from "./capability.ts";
import { AccountName, Command, environmentName, Mapped, Sha256Hex, text } from "./command.ts";
import { pathProblem } from "./relative-path.ts";

const RelativePath = z.string().refine((path) => pathProblem(path) === undefined, {
  error: ({ input }) => `is no path below the folder: it ${pathProblem(String(input))}`,
});
/** No setuid, setgid or sticky bit: nobody gives them away with a file. */
const Mode = z.string().regex(/^0?[0-7]{3}$/, "is not an octal mode such as 0644");
const DeploymentId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** One file to be placed, or one archive to be unpacked. */
export const Artifact = z.strictObject({
  /** Where it goes, below the folder: `index.html`, `static/app.js`. An archive's folder is that of its name. */
  name: RelativePath,
  sha256: Sha256Hex,
  size: z.int().min(0).max(1_099_511_627_776),
  /** Absent: 0644. An archive's entries have their own. */
  mode: Mode.optional(),
  /** tar, tar.gz, tar.zst or zip, told by its first bytes. */
  unpack: z.boolean().optional(),
});
export type Artifact = z.output<typeof Artifact>;

/** A folder that is made where it is missing, though nothing may lie in it. One that is there stays as it is. */
export const Folder = z.strictObject({
  name: RelativePath,
  /** Absent: 0755. */
  mode: Mode.optional(),
});

export const HealthCheck = z.strictObject({
  command: Command,
  /** How often it is asked before the deployment counts as ill. */
  attempts: z.int().min(1).max(1000).default(5),
  intervalMs: z.int().min(0).max(3_600_000).default(2_000),
  timeoutMs: z.int().min(1).max(3_600_000).default(30_000),
});

export const MAX_ARTIFACTS = 5_000;

/** What happened to one file. `removed` and `restored` are a rollback's. */
export const fileOutcomes = ["created", "replaced", "kept", "unchanged", "removed", "restored"] as const;
export type FileOutcome = (typeof fileOutcomes)[number];

const CommandEnd = z.strictObject({
  /** Absent: it could not be started, or ran out of time. */
  exitCode: z.int().min(0).max(255).optional(),
  attempts: z.int().min(1).optional(),
});

/**
 * Place files in a folder of an account, and run commands around it. All of it is done as that account. Per host it is
 * all or nothing: what fails before the last file is in place leaves everything as it was.
 */
export const deploy = capability({
  name: "deploy",
  request: z
    .strictObject({
      /** Under which the previous versions are kept on the host, so that a rollback finds them. */
      deployment: DeploymentId,
      artifacts: z.array(Artifact).max(MAX_ARTIFACTS).default([]),
      /** Besides those that artifacts lie in. */
      folders: z.array(Folder).max(MAX_ARTIFACTS).optional(),
      /** Empty or `~`: the account's home. Relative: below it. Made if it is missing. */
      into: text(4095).default(""),
      account: AccountName.optional(),
      mapped: Mapped.optional(),
      /** `name`, `name:group` or `:group`. Giving files away needs root; giving them to one's own groups does not. */
      owner: z
        .string()
        .min(1)
        .regex(/^(?:[^\0:/\s-][^\0:/\s]*)?(?::[^\0:/\s-][^\0:/\s]*)?$/, "is not name, name:group or :group")
        .optional(),
      /** Of every file, before the artifacts' own. */
      mode: Mode.optional(),
      /** What becomes of a file that is there and differs. */
      overwrite: z.enum(["replace", "keep"]).default("replace"),
      /** Before anything is touched: unless it succeeds, nothing is. */
      check: Command.optional(),
      /** After all is in place, in the folder; once. */
      command: Command.optional(),
      health: HealthCheck.optional(),
      /** What happens when `command` or `health` fails. */
      onFailure: z.enum(["leave", "rollback"]).default("leave"),
      /** Instead of `into`: the webapps folder of the account's Tomcat. Never as root. */
      tomcat: z.strictObject({ restart: z.boolean().default(false) }).optional(),
      /** Registers a MarcoPolo service of the account: a file in its `~/.polo/`. */
      marcopolo: z
        .strictObject({
          id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,29}$/, "is not a MarcoPolo identifier"),
          params: z.record(z.string().max(256), z.union([z.string().max(4096), z.number(), z.boolean()])).optional(),
        })
        .optional(),
      /** Puts back what this deployment replaced, removes what it made. Goes without artifacts. */
      rollback: z
        .strictObject({
          deployment: DeploymentId,
          /** Also over files that changed since. */
          force: z.boolean().default(false),
        })
        .optional(),
      /** For the commands. */
      env: z.record(environmentName, text(131_072)).optional(),
      secretEnv: z.array(environmentName).max(64).optional(),
      timeLimitMs: z.int().min(1).max(31_536_000_000).optional(),
      outputLimitBytes: z.int().min(0).max(1_099_511_627_776).optional(),
      graceMs: z.int().min(0).max(3_600_000).default(5_000),
    })
    .superRefine(({ artifacts, folders = [], into, rollback, tomcat, marcopolo }, context) => {
      const say = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
      if (rollback !== undefined && artifacts.length + folders.length > 0)
        say("artifacts", "does not go with rollback");
      if (rollback === undefined && artifacts.length + folders.length === 0 && marcopolo === undefined)
        say("artifacts", "is empty: there is nothing to deploy");
      if (tomcat !== undefined && into !== "") say("into", "does not go with tomcat, which has a folder of its own");
      const clash = clashOf(artifacts, folders);
      if (clash !== undefined) say("artifacts", clash);
    }),
  result: z.strictObject({
    /** Absolute, links resolved. Absent: it did not come so far. */
    folder: z.string().optional(),
    /** One letter for each artifact, in their order: `c`reated, `r`eplaced, `k`ept, `u`nchanged, `a`rchive (see files), `-`: not placed. */
    outcomes: z.string().optional(),
    /** Of archives, services and rollbacks: the first of them. */
    files: z.array(z.tuple([z.string(), z.enum(fileOutcomes)])).optional(),
    counts: z.partialRecord(z.enum(fileOutcomes), z.int().min(0)),
    check: CommandEnd.optional(),
    command: CommandEnd.optional(),
    health: CommandEnd.optional(),
    /** It failed after all was in place, and all was put back. */
    rolledBack: z.boolean().optional(),
  }),
  runner: {
    asked: ({ account }) => account,
    given: (request, account, mapped) => ({ ...request, account, ...(mapped ? { mapped } : {}) }),
  },
  blobs: ({ artifacts }) => [...new Set(artifacts.map(({ sha256 }) => sha256))],
  secrets: ({ secretEnv = [] }) => secretEnv,
});

/** Two artifacts of one name, or one that would be the other's folder. Archives may share a name: their entries do not. */
function clashOf(artifacts: readonly Artifact[], folders: readonly { readonly name: string }[]): string | undefined {
  const files = new Set<string>();
  for (const { name, unpack } of artifacts) {
    if (unpack === true) continue;
    if (files.has(name)) return `has ${name} twice`;
    files.add(name);
  }
  for (const { name } of folders) if (files.has(name)) return `has ${name} as a file and as a folder`;
  for (const { name } of [...artifacts, ...folders]) {
    for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) {
      if (files.has(name.slice(0, at))) return `has ${name.slice(0, at)} as a file and as a folder`;
    }
  }
  return undefined;
}
