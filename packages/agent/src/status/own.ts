/** What the agent says of itself, in the words of the original; what there is no such thing of is null or empty. */
import { AGENT_API_PORT } from "@atalaya/protocol";
import { reconnectBackoff } from "../link/backoff.ts";
import type { Policy } from "../policy/policy.ts";
import { LOOK_AT_ALL_MS } from "./reporter.ts";
import type { StatusSource } from "./source.ts";

/** How the agent stands now. */
export interface OwnState {
  /** New with every start of this process. */
  readonly instance: string;
  readonly enrolment: string | undefined;
  /** `host:port`, in order of preference. */
  readonly servers: readonly string[];
  readonly uplink: { readonly host: string; readonly port: number } | undefined;
  readonly heartbeatMs: number | undefined;
  readonly data: string;
  readonly capabilities: readonly string[];
  readonly version: string;
  /** How it chooses among several servers. */
  readonly strategy: string;
  /** Where it listens as a waypoint, and enrolments whose connections it carries now. */
  readonly waypoint: { readonly port: number; readonly members: readonly string[] } | undefined;
}

/** `policy` answers undefined while it cannot be read: then nothing is allowed. */
export function ownSources(state: () => OwnState, policy: () => Promise<Policy | undefined>): readonly StatusSource[] {
  const own = <Name extends StatusSource["name"]>(name: Name, read: (now: OwnState) => unknown): StatusSource => ({
    name,
    read: () => read(state()),
    cheap: true,
  });
  return [
    own("instance", ({ instance }) => instance),
    own("activated", ({ enrolment }) => enrolment !== undefined),
    own("running", () => true),
    own("haveCredentials", ({ enrolment }) => enrolment !== undefined),
    own("env", environmentOf),
    own("config", async (now) => configOf(now, await policy())),
    own("uplink", ({ uplink }) => (uplink === undefined ? null : { host: uplink.host, port: uplink.port })),
    own("clients", ({ waypoint }) => (waypoint?.members ?? []).toSorted().map((cname) => ({ cname }))),
    own("plugins", ({ capabilities, version }) =>
      capabilities.toSorted().map((name) => ({ name: `atalaya-${name}`, version })),
    ),
    own("versions", ({ version }) => ({
      "atalaya-agent": version,
      node: process.versions.node,
      openssl: process.versions.openssl ?? "",
      v8: process.versions.v8,
    })),
  ];
}

/** What activation came to: our agents enrol with a join token, which is used up then. */
function environmentOf({ enrolment, servers }: OwnState) {
  if (enrolment === undefined) return null;
  const tracker = servers.find((server) => !server.startsWith("via:"));
  return {
    provider: "atalaya",
    skey: null,
    tracker: tracker === undefined ? null : `https://${tracker}/`,
    token: null,
    id: enrolment,
    bolt: null,
    csr: null,
  };
}

function configOf({ servers, heartbeatMs, data, strategy, waypoint }: OwnState, policy: Policy | undefined) {
  const beat = heartbeatMs === undefined ? null : heartbeatMs / 1000;
  return {
    insecure: false,
    uplinks: servers,
    uplinkStrategy: strategy,
    allowRelay: false,
    relayPort: 0,
    allowedPorts: policy?.relay.ports ?? null,
    listenPort: waypoint?.port ?? 0,
    beaconInterval: beat,
    beaconRetry: 2,
    beaconValidity: beat === null ? null : beat * 2.5,
    // No socket listens there: it is reached through relays.
    // Waits for the next server grow from here, scattered (ms).
    repeatdelay: reconnectBackoff.baseMs,
    // How often everything is looked at, if nothing said before that it changed (ms).
    repeatInterval: LOOK_AT_ALL_MS,
    // It logs to standard error; whoever runs it keeps that.
    logfile: null,
    port: policy?.relay.api === false ? 0 : AGENT_API_PORT,
    datadir: data,
    capabilities: policy?.capabilities ?? null,
  };
}
