/** Every route of the server, and where it is mounted. */
import type { Part } from "../api/mount.ts";
import { auditRoutes } from "../domain/audit/index.ts";
import { blobRoutes } from "../domain/blobs/index.ts";
import { consoleRoutes, type openConsole } from "../domain/console/index.ts";
import { deploymentRoutes } from "../domain/deployments/index.ts";
import { discoveryRoutes } from "../domain/discovery/index.ts";
import { distributionRoutes, type Distribution } from "../domain/distribution/index.ts";
import { enrolmentRoutes, joinTokenRoutes } from "../domain/enrolment/index.ts";
import { fleetRoutes } from "../domain/fleet/index.ts";
import { identityRoutes } from "../domain/identity/index.ts";
import { jobRoutes } from "../domain/jobs/index.ts";
import { liveRoutes } from "../domain/live/index.ts";
import { monitorRoutes } from "../domain/monitor/index.ts";
import { relayRoutes } from "../domain/relay/index.ts";
import { scriptRoutes } from "../domain/scripts/index.ts";
import { serverRootRoutes, serverRoutes, type ServerRoutesNeeds } from "../domain/server/index.ts";
import { oidcRoutes, secondFactorRoutes, sessionRoutes } from "../domain/sessions/index.ts";
import { statusRoutes } from "../domain/status/index.ts";
import { terminalRoutes } from "../domain/terminals/index.ts";
import { userRoutes } from "../domain/users/index.ts";
import { minionRoutes, towerStatusRoutes } from "../gateways/tower/index.ts";
import { clientRoutes } from "../gateways/tower-relay/index.ts";
import { VERSION } from "../version.ts";
import type { Ground } from "./ground.ts";
import type { Hosts } from "./hosts.ts";
import type { OldAgents } from "./old-agents.ts";
import type { People } from "./people.ts";
import type { Relays } from "./relays.ts";
import { towerConfig } from "./settings.ts";
import type { Watching } from "./watching.ts";
import type { Work } from "./work.ts";

export interface Rooms {
  readonly ground: Ground;
  readonly people: People;
  readonly hosts: Hosts;
  readonly relays: Relays;
  readonly work: Work;
  readonly watching: Watching;
  readonly oldAgents: OldAgents;
  readonly distribution: Distribution;
  readonly webConsole: Awaited<ReturnType<typeof openConsole>>;
  readonly serverNeeds: ServerRoutesNeeds;
}

const V1 = "/api/v1";

/** What callers of the original stormtower find: at listeners of their own too. */
export function towerParts({ ground, hosts, relays, watching, serverNeeds }: Rooms): readonly Part[] {
  const { fleet } = hosts;
  const { settings } = ground;
  return [
    {
      at: "/",
      routes: minionRoutes({
        status: watching.status,
        fleet,
        events: watching.minionEvents,
        clock: ground.clock,
        legacyDigests: settings.legacyDigests,
        start: ground.start,
      }),
    },
    { at: "/", routes: clientRoutes({ clients: relays.clients }) },
    {
      at: "/",
      routes: towerStatusRoutes({
        self: {
          id: ground.server,
          instance: ground.start,
          version: VERSION,
          config: towerConfig(settings),
          uplink: settings.boltUplinks[0] ?? null,
          isRunning: async () => (await serverNeeds.readiness.whyNot()) === undefined,
        },
        status: watching.status,
        fleet,
        clients: (actor) => relays.clients.all(actor),
      }),
    },
  ];
}

/** All others, but the description of the API, which is made of these. */
export function publicParts(rooms: Rooms): readonly Part[] {
  const { ground, people, hosts, relays, work, watching, oldAgents, distribution, webConsole, serverNeeds } = rooms;
  const { fleet, enrolment } = hosts;
  const { status, monitor } = watching;
  const joinLine: Distribution["joinLine"] = (...asked) => distribution.joinLine(...asked);
  return [
    { at: "/", routes: serverRootRoutes(serverNeeds) },
    { at: "/", routes: distributionRoutes({ distribution }) },
    { at: "/", routes: consoleRoutes({ webConsole }) },
    { at: V1, routes: serverRoutes(serverNeeds) },
    ...oldAgents.parts,
    { at: V1, routes: identityRoutes({ identity: people.identity, clock: ground.clock }) },
    { at: V1, routes: userRoutes({ users: people.users }) },
    { at: V1, routes: oidcRoutes({ ...people.sessions, oidc: people.oidc }) },
    { at: V1, routes: secondFactorRoutes({ ...people.sessions, secondFactor: people.users.secondFactor }) },
    { at: V1, routes: sessionRoutes({ ...people.sessions, page: () => signInPage(ground, people) }) },
    { at: V1, routes: fleetRoutes({ fleet, clock: ground.clock }) },
    { at: V1, routes: enrolmentRoutes({ enrolments: enrolment.enrolments, desk: enrolment.desk }) },
    { at: V1, routes: discoveryRoutes({ view: watching.discovered, enrolment, joinLine }) },
    { at: V1, routes: joinTokenRoutes({ joinTokens: enrolment.joinTokens, joinLine }) },
    { at: V1, routes: jobRoutes({ jobs: work.jobs.jobs, output: work.jobs.output }) },
    { at: V1, routes: deploymentRoutes(work.deployments) },
    { at: V1, routes: scriptRoutes({ scripts: work.scripts }) },
    { at: V1, routes: auditRoutes({ audit: ground.audit }) },
    { at: V1, routes: liveRoutes({ live: watching.live }) },
    { at: V1, routes: monitorRoutes({ monitor, fleet }) },
    { at: V1, routes: statusRoutes({ status, fleet }) },
    { at: V1, routes: relayRoutes({ relay: relays.relay, origins: relays.origins }) },
    { at: V1, routes: terminalRoutes({ recordings: watching.recordings }) },
    { at: V1, routes: blobRoutes({ blobs: work.blobs, names: work.names }) },
  ];
}

/** The ways in that this server offers, and why one is missing. */
function signInPage({ title }: Ground, { pam, oidc }: People) {
  const unavailable = "unavailable" in pam ? pam.unavailable : undefined;
  return {
    server: title,
    version: VERSION,
    methods: [
      ...(unavailable === undefined ? [{ kind: "pam" as const }] : []),
      ...(oidc === undefined
        ? []
        : [
            {
              kind: "oidc" as const,
              name: oidc.provider,
              label: oidc.label,
              start: `${V1}/sign-in/oidc/${oidc.provider}`,
            },
          ]),
      { kind: "link" as const },
    ],
    notes: unavailable === undefined ? [] : [unavailable],
  };
}
