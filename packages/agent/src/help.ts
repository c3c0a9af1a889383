/** What `--help` prints: of the whole program, or of one of its commands. Pure. */
import { DEFAULT_DATA, type Command } from "./settings.ts";

interface Page {
  readonly usage: string;
  readonly about: string;
  readonly options: readonly (keyof typeof OPTIONS)[];
  readonly examples: readonly string[];
}

const OPTIONS = {
  data: `--data DIR          the agent's folder (ATALAYA_AGENT_DATA; ${DEFAULT_DATA})`,
  server: `--server LIST       HOST:PORT[,HOST:PORT…], in order of preference (ATALAYA_AGENT_SERVERS);
                      via:HOST:PORT is a waypoint: another agent that carries connections to the server`,
  strategy: `--strategy WORD     among several servers (ATALAYA_AGENT_STRATEGY): priority, the first that is
                      well (this is so without it); or round-robin, the next when a link breaks`,
  waypoint: `--waypoint ADDRESS:PORT
                      be a waypoint for agents that cannot reach the server themselves
                      (ATALAYA_AGENT_WAYPOINT); it sees nothing of what it carries`,
  noGuests: `--no-guests         … for members of the fleet only: nobody enrols through it
                      (ATALAYA_AGENT_WAYPOINT_GUESTS=no)`,
  waypointCache: `--waypoint-cache SIZE
                      … how much it keeps of files for them (ATALAYA_AGENT_WAYPOINT_CACHE; 2GB)`,
  tokenFile: "--token-file FILE   the join token, - for standard input",
  caPin: "--ca-pin PIN        without a token: SHA-256 of the fleet's CA key, as the server shows it",
  caFile: "--ca-file FILE      without a token: the fleet's CA certificate",
  json: "--json              for programs",
  yes: "-y, --yes           ask nothing",
} as const;

/** `@` stands for how the command was called. */
const PAGES: Readonly<Record<Command, Page>> = {
  run: {
    usage: "@ [options]",
    about: `Keeps the link to the server and does what it asks, until it is ended: what the service does. The machine must
have joined before. Through a proxy: HTTPS_PROXY and NO_PROXY. What this machine allows: /etc/atalaya/policy.toml.`,
    options: ["data", "server", "strategy", "waypoint", "noGuests", "waypointCache"],
    examples: [
      "@",
      "@ --server one.example.org:8443,two.example.org:8443 --strategy round-robin",
      "@ --waypoint 10.0.0.7:8444",
    ],
  },
  join: {
    usage: "@ [--server HOST:PORT[,HOST:PORT…]] [options]",
    about: `Enrols this machine, then ends. Without --server one is looked for on this network (DNS-SD). The join token
comes in the variable ATALAYA_JOIN_TOKEN or with --token-file, never as an argument; without one, a person has to
accept this machine, and the server's CA must be named. Joining again keeps the key, so that the server knows the
machine; a machine that is refused is left as it was.`,
    options: ["server", "tokenFile", "caPin", "caFile", "data"],
    examples: [
      "ATALAYA_JOIN_TOKEN=atj_… @ --server tower.example.org:8443",
      "ATALAYA_JOIN_TOKEN=atj_… @ --server via:10.0.0.7:8444",
      "@ --server tower.example.org:8443 --token-file join.token",
      "@ --server tower.example.org:8443 --ca-file ca.pem",
    ],
  },
  status: {
    usage: "@ [--json]",
    about: "What this agent is and how its link stands. Ends with 0 when it runs and is connected, else with 1.",
    options: ["json", "data"],
    examples: ["@", "@ --json"],
  },
  uninstall: {
    usage: "@ [--yes]",
    about: `Stops the agent, ends its commands and instances, and removes everything of it from this machine. What it was
asked to install or to place stays: packages, files, units of systemd.`,
    options: ["yes", "data"],
    examples: ["@", "@ --yes"],
  },
};

const SUMMARIES: Readonly<Record<Command, string>> = {
  run: "keep the link to the server and do what it asks (what the service does)",
  join: "enrol this machine at a server, then end",
  status: "what this agent is and how its link stands",
  uninstall: "stop the agent and remove everything of it from this machine",
};

/** `byCli`: it was called as a command of `atalaya`. */
export function helpOf(topic: Command | undefined, byCli: boolean): string {
  return topic === undefined ? overview(byCli) : pageOf(topic, byCli);
}

function overview(byCli: boolean): string {
  const rows = Object.entries(SUMMARIES).map(([name, summary]) => {
    const called = name === "run" ? nameOf(name, byCli).replace(/run$/, "[run]") : nameOf(name as Command, byCli);
    return `  ${called.padEnd(25)} ${summary}\n`;
  });
  const own = byCli ? "atalaya agent" : "atalaya-agent";
  return `${own}: the program that Atalaya has on each machine

${rows.join("")}
Each of them has options and examples: ${nameOf("join", byCli)} --help
  ${own} --version

Through a proxy: HTTPS_PROXY and NO_PROXY. What this machine allows: /etc/atalaya/policy.toml.
`;
}

function pageOf(topic: Command, byCli: boolean): string {
  const { usage, about, options, examples } = PAGES[topic];
  const name = nameOf(topic, byCli);
  const text = `Usage: ${usage}

${about}

Options
${options.map((option) => `  ${OPTIONS[option]}\n`).join("")}
Examples
${examples.map((example) => `  ${example}\n`).join("")}`;
  return text.replaceAll("@", name);
}

function nameOf(command: Command, byCli: boolean): string {
  if (!byCli) return `atalaya-agent ${command}`;
  return command === "join" ? "atalaya join" : `atalaya agent ${command}`;
}
