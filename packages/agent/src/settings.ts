/** What the command line and the environment say. Pure; every wrong part is named in one error. */
import { parseArgs } from "node:util";
import { AtalayaError } from "@atalaya/protocol";
import { parseAddress, parseAddresses, type Address } from "./link/addresses.ts";
import type { Environment } from "./link/proxy.ts";
import { strategies, type Strategy } from "./link/servers.ts";

export const DEFAULT_DATA = "/var/lib/atalaya-agent";

export const commands = ["run", "join", "status", "uninstall"] as const;

export interface Settings {
  readonly command: (typeof commands)[number] | "help" | "version";
  readonly data: string;
  /** Stands for `/` where the machine is described and where `uninstall` looks. */
  readonly root: string;
  readonly servers: readonly Address[] | undefined;
  readonly strategy: Strategy;
  /** Carries connections of other agents to the server. */
  readonly waypoint: { readonly listen: Address; readonly guests: boolean } | undefined;
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
  "token-file": { type: "string" },
  "ca-pin": { type: "string" },
  "ca-file": { type: "string" },
  json: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

export function parseSettings(argv: readonly string[], environment: Environment): Settings {
  const { values, positionals } = parseCommandLine(argv);
  const wrong: string[] = [];
  const [command = "run", ...rest] = positionals;
  if (!(commands as readonly string[]).includes(command) && command !== "help")
    wrong.push(`there is no command ${command}`);
  if (rest.length > 0) wrong.push(`${rest.join(" ")} is not expected`);
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
  const pin = values["ca-pin"];
  if (pin !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(pin))
    wrong.push("--ca-pin is a base64url SHA-256 (43 characters)");
  const data = values.data ?? environment["ATALAYA_AGENT_DATA"] ?? DEFAULT_DATA;
  if (data === "") wrong.push("the data folder is empty");
  if (wrong.length > 0)
    throw new AtalayaError("settings.wrong", wrong.join("; "), { details: { wrong }, next: "see --help" });
  return {
    command: values.help === true ? "help" : values.version === true ? "version" : (command as Settings["command"]),
    data,
    root: environment["ATALAYA_AGENT_ROOT"] ?? "/",
    servers,
    strategy: strategy ?? "priority",
    waypoint:
      waypoint === undefined
        ? undefined
        : { listen: waypoint, guests: values["no-guests"] !== true && guests === "yes" },
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
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (cause) {
    throw new AtalayaError("settings.wrong", cause instanceof Error ? cause.message : "", {
      cause,
      next: "see --help",
    });
  }
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

export const HELP = `atalaya-agent: the program that Atalaya has on each machine

  atalaya-agent [run]                 keep the link to the server and do what it asks (what the service does)
  atalaya-agent join [--server HOST:PORT[,HOST:PORT…]]
                                      enrol this machine, then exit; without --server one is looked for
                                      on this network (DNS-SD); the token comes in the variable
                                      ATALAYA_JOIN_TOKEN or with --token-file, never as an argument
  atalaya-agent status [--json]       what this agent is and how its link stands
  atalaya-agent uninstall [--yes]     stop the agent and remove everything of it from this machine
  atalaya-agent --help | --version

Options
  --data DIR          the agent's folder (ATALAYA_AGENT_DATA; ${DEFAULT_DATA})
  --server LIST       servers in order of preference (ATALAYA_AGENT_SERVERS); via:HOST:PORT is a
                      waypoint: another agent that carries connections to the server
  --strategy WORD     among several servers (ATALAYA_AGENT_STRATEGY): priority, the first that is
                      well (this is so without it); or round-robin, the next when a link breaks
  --waypoint ADDRESS:PORT
                      run: be a waypoint for agents that cannot reach the server themselves
                      (ATALAYA_AGENT_WAYPOINT); it sees nothing of what it carries
  --no-guests         … for members of the fleet only: nobody enrols through it
                      (ATALAYA_AGENT_WAYPOINT_GUESTS=no)
  --token-file FILE   the join token, - for standard input
  --ca-pin PIN        without a token: SHA-256 of the fleet's CA key, as the server shows it
  --ca-file FILE      without a token: the fleet's CA certificate

Through a proxy: HTTPS_PROXY and NO_PROXY. What this machine allows: /etc/atalaya/policy.toml.

Examples
  ATALAYA_JOIN_TOKEN=atj_… atalaya-agent join --server tower.example.org:8443
  ATALAYA_JOIN_TOKEN=atj_… atalaya-agent join --server via:10.0.0.7:8444
`;
