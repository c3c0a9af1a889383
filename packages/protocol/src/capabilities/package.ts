import { z } from "zod";
import { capability } from "./capability.ts";
import { Sha256Hex, text } from "./command.ts";

/** Who looks after packages on a host. `dpkg` is apt's, too. */
export const packageManagers = ["dpkg", "npm", "rpm", "apk", "pacman"] as const;
export type PackageManager = (typeof packageManagers)[number];

/** Never an option or a path, whatever the manager. Each manager's own rules are narrower, and asked for at the host. */
const PackageName = z
  .string()
  .max(214)
  .regex(/^@?[A-Za-z0-9][A-Za-z0-9._+:~/-]*$/, "is not a name of a package")
  .refine((name) => !name.split("/").includes(".."), "is not a name of a package");
const PackageVersion = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+:~^-]*$/, "is not a version");

/** Where a package comes from when it is not from the manager's own repositories: one file, in the manager's format. */
export const PackageSource = z.discriminatedUnion("kind", [
  /** A file of the host, which nobody but root may have written. */
  z.strictObject({ kind: z.literal("file"), path: text(4096).startsWith("/") }),
  /** A blob this run may fetch. */
  z.strictObject({ kind: z.literal("blob"), sha256: Sha256Hex }),
  z.strictObject({
    kind: z.literal("url"),
    url: z.url({ protocol: /^https?$/ }).max(2048),
    /** What comes must be this, whoever brings it. */
    sha256: Sha256Hex,
  }),
]);
export type PackageSource = z.output<typeof PackageSource>;

export const WantedPackage = z.strictObject({
  name: PackageName,
  /** Absent: the newest that the manager offers. */
  version: PackageVersion.optional(),
  source: PackageSource.optional(),
});
export type WantedPackage = z.output<typeof WantedPackage>;

/** A package of a host. */
export const InstalledPackage = z.strictObject({
  name: z.string().max(256),
  version: z.string().max(256),
  manager: z.enum(packageManagers),
  arch: z.string().max(64).optional(),
  /** `broken`: the manager began with it and did not finish. */
  status: z.enum(["installed", "held", "broken"]),
});
export type InstalledPackage = z.output<typeof InstalledPackage>;

export const packageOutcomes = ["installed", "changed", "removed", "held", "unheld", "unchanged"] as const;
export type PackageOutcome = (typeof packageOutcomes)[number];

/** Packages by the host's own manager, never through a shell and never with a question. Asked for as root, usually. */
export const packages = capability({
  name: "package",
  request: z
    .strictObject({
      action: z.enum(["list", "install", "remove", "hold", "unhold", "upgrade"]),
      /** Absent: the system's own. */
      manager: z.enum(packageManagers).optional(),
      /** Empty: all of them, where that makes sense (`list`, `upgrade`). */
      names: z.array(WantedPackage).max(500).default([]),
      /** Fetch the repositories' lists anew before. */
      refresh: z.boolean().default(false),
      /** With `remove`: also the settings that the manager would keep. */
      purge: z.boolean().default(false),
      /** npm's; absent: `/usr/local`. */
      prefix: text(4096).startsWith("/").optional(),
      /** How long somebody else's lock of the manager is waited for. */
      lockWaitMs: z.int().min(0).max(3_600_000).default(300_000),
      timeLimitMs: z.int().min(1).max(86_400_000).optional(),
    })
    .superRefine(({ action, names, manager, prefix }, context) => {
      const say = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
      if (names.length === 0 && action !== "list" && action !== "upgrade") say("names", `is empty: what to ${action}?`);
      if (action !== "install" && names.some(({ version, source }) => version ?? source))
        say("names", `has a version or a source, which does not go with ${action}`);
      if (new Set(names.map(({ name }) => name)).size < names.length) say("names", "has a name twice");
      if (prefix !== undefined && manager !== "npm") say("prefix", "goes with the manager npm only");
    }),
  result: z.strictObject({
    manager: z.enum(packageManagers),
    /** Of `list`. */
    packages: z.array(InstalledPackage).max(100_000).optional(),
    /** Of all else: what was named, and what came or went with it. */
    changes: z
      .array(
        z.strictObject({
          name: z.string().max(256),
          outcome: z.enum(packageOutcomes),
          before: z.string().max(256).optional(),
          after: z.string().max(256).optional(),
        }),
      )
      .max(100_000)
      .optional(),
  }),
  blobs: ({ names }) => [...new Set(names.flatMap(({ source }) => (source?.kind === "blob" ? [source.sha256] : [])))],
});
