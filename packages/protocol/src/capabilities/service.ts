import { z } from "zod";
import { capability } from "./capability.ts";
import { AccountName, environmentName, text } from "./command.ts";

/** Who looks after services on a host: systemd, or the agent itself (an *instance*). */
export const serviceManagers = ["systemd", "instance"] as const;
export type ServiceManager = (typeof serviceManagers)[number];

/** As systemd's, without a suffix or with it; never a path. */
const ServiceName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9:_.@\\-]*$/, "is not a name of a service");

/** What a service is that the agent makes. A program, never a shell's text. */
export const ServiceSpec = z.strictObject({
  /** Absolute. */
  program: text(4096).startsWith("/"),
  args: z.array(text(131_072)).max(1024).default([]),
  description: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}]*$/u, "must be one line")
    .optional(),
  /** Absent: the agent's. */
  account: AccountName.optional(),
  cwd: text(4096).startsWith("/").optional(),
  env: z.record(environmentName, text(131_072)).optional(),
  /** When it has ended by itself. */
  restart: z.enum(["always", "on-failure", "never"]).default("always"),
  /** The first wait before a restart; it doubles up to the longest, and is forgotten once it has run as long as that. */
  backoffMs: z.int().min(10).max(3_600_000).default(500),
  longestBackoffMs: z.int().min(10).max(86_400_000).default(60_000),
  /** Between TERM and KILL. */
  stopMs: z.int().min(0).max(3_600_000).default(10_000),
  /** Whether it runs at once, and again whenever the machine or the agent begins. */
  autostart: z.boolean().default(true),
  /** What is kept of its output; older bytes go. An instance's only. */
  logBytes: z.int().min(4096).max(1_073_741_824).default(1_048_576),
});
export type ServiceSpec = z.output<typeof ServiceSpec>;

export const serviceStates = ["running", "starting", "waiting", "stopping", "stopped", "failed"] as const;
export type ServiceState = (typeof serviceStates)[number];

/** A service of a host. */
export const ServiceStatus = z.strictObject({
  name: z.string().max(256),
  manager: z.enum(serviceManagers),
  /** `waiting`: it ended, and will be started again. */
  state: z.enum(serviceStates),
  /** Begins with the machine. Absent: not known, or neither. */
  enabled: z.boolean().optional(),
  description: z.string().max(512).optional(),
  pid: z.int().optional(),
  /** Epoch milliseconds of the last change of state. */
  since: z.number().optional(),
  /** By its manager, since it was started by somebody. */
  restarts: z.int().optional(),
  /** How it ended the last time, as POSIX shells report it. */
  exitCode: z.int().optional(),
});
export type ServiceStatus = z.output<typeof ServiceStatus>;

const actions = ["list", "status", "start", "stop", "restart", "enable", "disable", "logs", "add", "remove"] as const;
export type ServiceAction = (typeof actions)[number];

const common = {
  action: z.enum(actions),
  /** Empty: all of them, with `list` only. */
  names: z.array(ServiceName).max(100).default([]),
  /** With `logs`: the last so many. */
  lines: z.int().min(1).max(100_000).default(200),
  /** With `add`, whose name is new or one that was added here before. */
  spec: ServiceSpec.optional(),
  timeLimitMs: z.int().min(1).max(3_600_000).default(120_000),
};

const result = z.strictObject({
  services: z.array(ServiceStatus).max(20_000),
  /** Whether anything is other than before. */
  changed: z.boolean(),
});

function fits(
  {
    action,
    names,
    spec,
  }: { readonly action: ServiceAction; readonly names: readonly string[]; readonly spec?: unknown },
  context: z.RefinementCtx,
): void {
  const say = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  if (names.length === 0 && action !== "list") say("names", `is empty: what to ${action}?`);
  if ((action === "add") !== (spec !== undefined)) say("spec", "goes with add, and add with it");
  if (action === "add" && names.length > 1) say("names", "has more than one name: add one service at a time");
}

/** Services of the host's systemd, or of the agent where there is none. */
export const services = capability({
  name: "service",
  request: z
    .strictObject({
      ...common,
      /** Absent: systemd where it runs, otherwise the agent's own instances. */
      manager: z.enum(serviceManagers).optional(),
    })
    .superRefine((request, context) => fits(request as Parameters<typeof fits>[0], context)),
  result,
});

/** Plain processes that the agent looks after: started again when they end, and adopted when it is itself started again. */
export const instances = capability({
  name: "instance",
  request: z
    .strictObject(common)
    .superRefine((request, context) => fits(request as Parameters<typeof fits>[0], context)),
  result,
});
