/** What the command line and the environment say. Pure; every wrong part is named in one error. */
import { parseArgs } from "node:util";
import { AtalayaError } from "@atalaya/protocol";
import { parseAddress, parseAddresses, type Address } from "./link/addresses.ts";
import type { Environment } from "./link/proxy.ts";
import { strategies, type Strategy } from "./link/servers.ts";

export const DEFAULT_DATA = "/var/lib/atalaya-agent";

export const commands = ["run", "join", "status", "uninstall"] as const;

export type Command = (typeof commands)[number];

export interface Settings {
  readonly command: Command | "help" | "version";
  /** Of which command help is wanted; absent: of all. */
  readonly topic: Command | undefined;
  readonly data: string;
  /** Stands for `/` where the machine is described and where `uninstall` looks. */
  readonly root: string;
  readonly servers: readonly Address[] | undefined;
  readonly strategy: Strategy;
  /** Carries connections of other agents to the server. */
  readonly waypoint: { readonly listen: Address; readonly guests: boolean; readonly cacheBytes: number } | undefined;
  readonly json: boolean;
  readonly yes: boolean;
  readonly tokenFile: string | undefined;
  readonly token: string | undefined;
  readonly caPin: string | undefined;
  readonly caFile: string | undefined;
}

const options = {
  data: { type: "string" },
  server: { type: "string", multiple: true },
  strategy: { type: "string" },
  waypoint: { type: "string" },
  "no-guests": { type: "boolean" },
  "waypoint-cache": { type: "string" },
  "token-file": { type: "string" },
  "ca-pin": { type: "string" },
  "ca-file": { type: "string" },
  json: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const PIN = /^[A-Za-z0-9_-]{43}$/;

export function parseSettings(argv: readonly string[], environment: Environment): Settings {
  const { values, positionals } = parseCommandLine(argv);
  const wrong: string[] = [];
  const [command = "run", ...rest] = positionals;
  if (!(commands as readonly string[]).includes(command) && command !== "help")
    wrong.push(`there is no command ${command}`);
  const topic = commands.find((each) => each === (command === "help" ? rest[0] : positionals[0]));
  const unexpected = command === "help" && topic !== undefined ? rest.slice(1) : rest;
  if (unexpected.length > 0) wrong.push(`${unexpected.join(" ")} is not expected`);
  const servers = readServers(
    [...(values.server ?? []), ...(values.server === undefined ? [environment["ATALAYA_AGENT_SERVERS"] ?? ""] : [])],
    wrong,
  );
  const wanted = values.strategy ?? (environment["ATALAYA_AGENT_STRATEGY"] || "priority");
  const strategy = strategies.find((each) => each === wanted);
  if (strategy === undefined) wrong.push(`the strategy ${wanted} is neither ${strategies.join(" nor ")}`);
  const waypoint = readWaypoint(values.waypoint ?? environment["ATALAYA_AGENT_WAYPOINT"] ?? "", wrong);
  const guests = environment["ATALAYA_AGENT_WAYPOINT_GUESTS"] || "yes";
  if (guests !== "yes" && guests !== "no") wrong.push("ATALAYA_AGENT_WAYPOINT_GUESTS is neither yes nor no");
  const cacheBytes = readBytes(
    values["waypoint-cache"] ?? (environment["ATALAYA_AGENT_WAYPOINT_CACHE"] || "2GB"),
    wrong,
  );
  const pin = values["ca-pin"];
  if (pin !== undefined && !PIN.test(pin)) wrong.push("--ca-pin is a base64url SHA-256 (43 characters)");
  const data = values.data ?? environment["ATALAYA_AGENT_DATA"] ?? DEFAULT_DATA;
  if (data === "") wrong.push("the data folder is empty");
  if (wrong.length > 0)
    throw new AtalayaError("settings.wrong", wrong.join("; "), { details: { wrong }, next: "see --help" });
  return {
    command: values.help === true ? "help" : values.version === true ? "version" : (command as Settings["command"]),
    topic,
    data,
    root: environment["ATALAYA_AGENT_ROOT"] ?? "/",
    servers,
    strategy: strategy ?? "priority",
    waypoint:
      waypoint === undefined
        ? undefined
        : { listen: waypoint, guests: values["no-guests"] !== true && guests === "yes", cacheBytes },
    json: values.json ?? false,
    yes: values.yes ?? false,
    tokenFile: values["token-file"],
    token: environment["ATALAYA_JOIN_TOKEN"] || undefined,
    caPin: pin,
    caFile: values["ca-file"],
  };
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({ args: pinsAsOneWord(argv), options, allowPositionals: true });
  } catch (cause) {
    throw new AtalayaError("settings.wrong", cause instanceof Error ? cause.message : "", {
      cause,
      next: "see --help",
    });
  }
}

/** One pin in 64 begins with a dash: as a word of its own it would be taken for an option. */
function pinsAsOneWord(argv: readonly string[]): string[] {
  const words = [...argv];
  const at = words.indexOf("--ca-pin");
  if (at >= 0 && PIN.test(words[at + 1] ?? "")) words.splice(at, 2, `--ca-pin=${words[at + 1]}`);
  return words;
}

function readServers(texts: readonly string[], wrong: string[]): readonly Address[] | undefined {
  try {
    const servers = texts.flatMap(parseAddresses);
    return servers.length > 0 ? servers : undefined;
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : "");
    return undefined;
  }
}

function readWaypoint(text: string, wrong: string[]): Address | undefined {
  if (text === "") return undefined;
  try {
    const address = parseAddress(text);
    if (address.via !== true && /:\d+$/.test(text)) return address;
  } catch {
    // Said below.
  }
  wrong.push(`${text} is no address to be a waypoint at: expected ADDRESS:PORT, as 0.0.0.0:8444`);
  return undefined;
}

const UNITS = { MB: 1_000_000, GB: 1_000_000_000 } as const;

function readBytes(text: string, wrong: string[]): number {
  const [, count, unit] = /^(\d{1,6})(MB|GB)$/.exec(text) ?? [];
  if (text === "0" || count === undefined) {
    if (text !== "0") wrong.push(`${text} is no size for a waypoint's cache: expected 500MB, 2GB or 0`);
    return 0;
  }
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}
