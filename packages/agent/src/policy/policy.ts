/**
 * Words. The *policy* is what the owner of this host allows, in a root-owned `policy.toml` that nothing on the link can
 * change. Without one, everything is allowed that a fresh install needs: commands as the agent's own account (root,
 * usually) and as accounts of people (uid 1000 and above).
 */
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";

const names = z.array(z.string().min(1));

const PortRange = z.string().regex(/^\d{1,5}-\d{1,5}$/, "is no port, and no range such as 8000-8999");
const Target = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5}|\*)$/, "is not host:port");

/** Programs that are kept running: systemd's, or by the agent. */
const Services = z.strictObject({
  allowed: z.boolean().optional(),
  names: names.optional(),
  "denied-names": names.default([]),
  /** Whether services may be added. What one runs, and as whom, `exec` has its say in. */
  adding: z.boolean().default(true),
});

export const Policy = z.strictObject({
  /** Capabilities that may be asked for; absent: all. */
  capabilities: names.optional(),
  exec: z
    .strictObject({
      /** Whether commands may run as root: as the agent's own account, if that is root, or by name. */
      root: z.boolean().default(true),
      /** The only accounts commands may name; absent: any from minimum-uid up. The agent's own is not asked for by name. */
      accounts: names.optional(),
      "denied-accounts": names.default([]),
      /** Below are the system's own accounts. Accounts named in `accounts` may be below. */
      "minimum-uid": z.int().min(0).default(1000),
      /** Whether a request may hand a script to a shell. (A program may still be a shell: this is no fence.) */
      shell: z.boolean().default(true),
      /** Absolute folders that working directories must be in, links resolved; absent: anywhere. */
      "working-directories": z.array(z.string().startsWith("/")).min(1).optional(),
      /** Longest time a command may run, in seconds. Holds for requests that name none, too. */
      "max-seconds": z.int().min(1).optional(),
      /** What becomes of processes a command left in its process group: as with ssh they live on, or they are killed. */
      leftovers: z.enum(["leave", "kill"]).default("leave"),
    })
    .prefault({}),
  deploy: z
    .strictObject({
      /** Absolute folders that deployments may place files in, links resolved; absent: wherever the account may. */
      folders: z.array(z.string().startsWith("/")).min(1).optional(),
    })
    .prefault({}),
  /** Absent `allowed`, here and below: where `exec` allows commands as the agent, for this gives as much. Lists are always allowed. */
  package: z
    .strictObject({
      allowed: z.boolean().optional(),
      /** `system` is the system's own, `npm` and the like by name; absent: all. */
      managers: names.optional(),
      /** Names that may be installed, changed or removed; `*` stands for anything. Absent: all. */
      names: names.optional(),
      "denied-names": names.default([]),
      removal: z.boolean().default(true),
      /** Whether packages may come from files, blobs and addresses, not only from the host's repositories. */
      files: z.boolean().default(true),
      /** npm's; absent: any. */
      prefixes: names.optional(),
    })
    .prefault({}),
  service: Services.prefault({}),
  instance: Services.prefault({}),
  environment: z.strictObject({ allowed: z.boolean().optional() }).prefault({}),
  personality: z
    .strictObject({
      allowed: z.boolean().optional(),
      /** Absolute folders that files may be placed in, links resolved; absent: anywhere but in what is the agent's own. */
      folders: z.array(z.string().startsWith("/")).min(1).optional(),
      /** Whether a command may follow. `exec` has its say in it, too. */
      commands: z.boolean().default(true),
    })
    .prefault({}),
  terminal: z
    .strictObject({
      /** Absent: allowed where `exec` allows a shell anywhere, because a terminal is one. */
      allowed: z.boolean().optional(),
      /** As in `exec`; what is absent is taken from there. */
      root: z.boolean().optional(),
      accounts: names.optional(),
      "denied-accounts": names.optional(),
      "minimum-uid": z.int().min(0).optional(),
      /** Ends a terminal in which no key was pressed for so many seconds. */
      "idle-seconds": z.int().min(1).optional(),
    })
    .prefault({}),
  relay: z
    .strictObject({
      /** Ports of this host's loopback; absent: all where `exec` allows root a shell anywhere, otherwise none. */
      ports: z.array(z.union([z.int().min(1).max(65_535), PortRange])).optional(),
      /** Other targets, written `host:port` as requests must write them; `host:*` is all of its ports. */
      targets: z.array(Target).default([]),
      /** The agent's own API, at the port 5000 that no socket listens on. Each deed is asked for besides. */
      api: z.boolean().default(true),
      /** Relays that may be open at once. */
      most: z.int().min(0).default(1024),
    })
    .prefault({}),
  streams: z
    .strictObject({
      /** Kinds of streams that may be opened; absent: all that `capabilities` allows. */
      kinds: names.optional(),
      /** Streams that may be open at once. */
      most: z.int().min(0).default(1024),
    })
    .prefault({}),
  discovery: z
    .strictObject({
      /** Whether this machine answers when its neighbours ask who is there (MarcoPolo, UDP 1337). */
      answer: z.boolean().default(true),
      /** Also to who is no neighbour: across routers, and for forged addresses. */
      "beyond-neighbours": z.boolean().default(false),
      /** marcod's door for this machine's programs: UDP 1338 of 127.0.1.1. */
      resolver: z.boolean().default(false),
      /** polod's door for this machine's programs: TLS 1390 of 127.0.0.1. */
      registration: z.boolean().default(false),
      /** Whether tokens of the original count there, which anybody with its shared secret can make. */
      "legacy-tokens": z.boolean().default(false),
    })
    .prefault({}),
});
export type Policy = z.output<typeof Policy>;

export const openPolicy: Policy = Policy.parse({});

/** Every wrong key is named in one error. */
export function parsePolicy(document: unknown, from: string): Policy {
  const parsed = Policy.safeParse(document);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.flatMap((issue) => {
    const path = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") return [`${path}: ${issue.message}`];
    return issue.keys.map((key) => `${path === "" ? key : `${path}.${key}`}: there is no such setting`);
  });
  throw new AtalayaError("settings.wrong", `${from}: ${wrong.join("; ")}`, { details: { wrong } });
}

export function allowsCapability(policy: Policy, capability: string): boolean {
  return policy.capabilities === undefined || policy.capabilities.includes(capability);
}
