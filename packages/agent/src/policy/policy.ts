/**
 * Words. The *policy* is what the owner of this host allows, in a root-owned `policy.toml` that nothing on the link can
 * change. Without one, everything is allowed that a fresh install needs: commands as the agent's own account (root,
 * usually) and as accounts of people (uid 1000 and above).
 */
import { AtalayaError, isLoopbackTarget } from "@atalaya/protocol";
import { z } from "zod";
import type { Account } from "../capabilities/exec/account.ts";
import type { ExecRequest } from "../capabilities/exec/launch-plan.ts";

const names = z.array(z.string().min(1));

const PortRange = z.string().regex(/^\d{1,5}-\d{1,5}$/, "is no port, and no range such as 8000-8999");
const Target = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5}|\*)$/, "is not host:port");

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
  service: z
    .strictObject({
      allowed: z.boolean().optional(),
      names: names.optional(),
      "denied-names": names.default([]),
      /** Whether services may be added. What one runs, and as whom, `exec` has its say in. */
      adding: z.boolean().default(true),
    })
    .prefault({}),
  instance: z
    .strictObject({
      allowed: z.boolean().optional(),
      names: names.optional(),
      "denied-names": names.default([]),
      adding: z.boolean().default(true),
    })
    .prefault({}),
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

/** What a command wants to do, with everything looked up. */
export interface Wish {
  readonly capability: string;
  readonly request: ExecRequest;
  readonly account: Account;
  /** Whether the request names another account than the agent's. */
  readonly switched: boolean;
  /** The working directory with links resolved, where that is possible. */
  readonly cwd: string;
}

/** Who something runs as. */
type AccountRules = Pick<Policy["exec"], "root" | "accounts" | "denied-accounts" | "minimum-uid">;

/** Undefined when the policy allows it, otherwise the sentence that says what it forbids. */
export function forbids(policy: Policy, { capability, request, account, switched, cwd }: Wish): string | undefined {
  const rules = policy.exec;
  if (!allowsCapability(policy, capability)) return `the policy of this host does not allow ${capability}`;
  const wrong = forbidsAccount(rules, account, request.mapped === true || switched);
  if (wrong !== undefined) return wrong;
  // It would be set with the agent's rights, and a person has only their own.
  if (request.mapped === true && (request.nice ?? 0) < 0) return "people cannot be nicer to themselves than to others";
  if (request.command.kind === "shell" && !rules.shell) return "the policy of this host does not allow a shell";
  const folders = rules["working-directories"];
  if (folders !== undefined && !folders.some((folder) => isInside(cwd, folder))) {
    return `the policy of this host does not allow the working directory ${cwd}`;
  }
  const most = rules["max-seconds"];
  if (most !== undefined && request.timeLimitMs !== undefined && request.timeLimitMs > most * 1000) {
    return `the policy of this host allows commands ${most} s at most`;
  }
  return undefined;
}

/** `guarded`: not simply the agent's own account. A person's never is, whatever it is called. */
function forbidsAccount(rules: AccountRules, account: Account, guarded: boolean): string | undefined {
  const low = guarded ? lowUid(rules, account) : undefined;
  if (low !== undefined) return low;
  if (account.uid === 0 && !rules.root) return "the policy of this host does not allow commands as root";
  if (rules["denied-accounts"].includes(account.name))
    return `the policy of this host denies the account ${account.name}`;
  return undefined;
}

function lowUid(rules: AccountRules, account: Account): string | undefined {
  const named = rules.accounts?.includes(account.name);
  if (named === false) return `the policy of this host does not name the account ${account.name}`;
  if (named === true || account.uid >= rules["minimum-uid"]) return undefined;
  return `${account.name} has uid ${account.uid}; the policy of this host wants at least ${rules["minimum-uid"]}`;
}

/** The same for a terminal. What the policy says of commands holds for it, unless it says something of terminals. */
export function forbidsTerminal(policy: Policy, account: Account, guarded: boolean): string | undefined {
  const { exec, terminal } = policy;
  const allowed = terminal.allowed ?? (allowsCapability(policy, "exec") && exec.shell && !exec["working-directories"]);
  if (!allowed) return "the policy of this host does not allow terminals";
  const rules: AccountRules = {
    root: terminal.root ?? exec.root,
    accounts: terminal.accounts ?? exec.accounts,
    "denied-accounts": terminal["denied-accounts"] ?? exec["denied-accounts"],
    "minimum-uid": terminal["minimum-uid"] ?? exec["minimum-uid"],
  };
  return forbidsAccount(rules, account, guarded);
}

/** Where a relay wants to go: `api` is the agent's own, otherwise what is connected to. */
export type RelayWish = "api" | { readonly host: string; readonly port: number };

/**
 * Undefined when it may. What listens on loopback often trusts whoever reaches it, and a relay comes as nobody in
 * particular: so where nothing is said of relays, they are allowed where whoever asks could run anything as root anyway.
 */
export function forbidsRelay({ exec, capabilities, relay }: Policy, wish: RelayWish, open: number): string | undefined {
  if (open >= relay.most) return `the policy of this host allows ${relay.most} relays at once`;
  if (wish === "api") return relay.api ? undefined : "the policy of this host does not allow the agent's API";
  const { host, port } = wish;
  if (relay.targets.some((target) => namesTarget(target, host, port))) return undefined;
  if (!isLoopbackTarget(host)) return `the policy of this host does not name the target ${host}:${port}`;
  const isOpen =
    exec.root &&
    exec.shell &&
    exec.accounts === undefined &&
    exec["denied-accounts"].length === 0 &&
    exec["working-directories"] === undefined &&
    (capabilities === undefined || capabilities.includes("exec"));
  const allowed = relay.ports === undefined ? isOpen : relay.ports.some((ports) => holdsPort(ports, port));
  return allowed ? undefined : `the policy of this host does not allow relays to its port ${port}`;
}

function holdsPort(ports: number | string, port: number): boolean {
  if (typeof ports === "number") return ports === port;
  const [first, last] = ports.split("-").map(Number);
  return port >= first! && port <= last!;
}

/** By their text: what a name leads to may change after it was looked up. */
function namesTarget(target: string, host: string, port: number): boolean {
  const at = target.lastIndexOf(":");
  const named = target.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  const ports = target.slice(at + 1);
  return named.toLowerCase() === host.toLowerCase() && (ports === "*" || Number(ports) === port);
}

/** What an agent does as itself: whoever may not run commands as the agent may not have it done, unless it says so. */
export function forbidsTask(
  policy: Policy,
  task: "package" | "service" | "instance" | "environment" | "personality",
  isRoot: boolean = process.getuid?.() === 0,
): string | undefined {
  const { exec } = policy;
  const asAgent = !isRoot || (exec.root && !exec["denied-accounts"].includes("root"));
  const allowed = policy[task].allowed ?? (allowsCapability(policy, "exec") && asAgent);
  return allowed ? undefined : `the policy of this host does not allow to change anything by ${task}`;
}

/** Whether a name fits one of the patterns, in which only `*` means something. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
  });
}

export function allowsCapability(policy: Policy, capability: string): boolean {
  return policy.capabilities === undefined || policy.capabilities.includes(capability);
}

/** Undefined when a stream of this kind may be opened beside `open` others. What goes through it, its kind asks for. */
export function forbidsStream(policy: Policy, kind: string, open: number): string | undefined {
  const { kinds, most } = policy.streams;
  if (!allowsCapability(policy, kind) || kinds?.includes(kind) === false)
    return `the policy of this host does not allow streams of kind ${kind}`;
  return open < most ? undefined : `the policy of this host allows ${most} streams at once`;
}

/** The time limit that holds: the request's, or the policy's when it names none. */
export function timeLimitOf(policy: Policy, request: ExecRequest): number | undefined {
  const most = policy.exec["max-seconds"];
  return request.timeLimitMs ?? (most === undefined ? undefined : most * 1000);
}

/** Whether the absolute path, links resolved, is the folder or below it. */
export function isInside(path: string, folder: string): boolean {
  const base = folder.endsWith("/") ? folder : `${folder}/`;
  return `${path}/`.startsWith(base) && !path.split("/").includes("..");
}
