/** The composition root: everything the server does, without a network. Each part is handed what it needs, by name. */
import { join } from "node:path";
import { LINK_PATH, STREAM_PATH } from "@atalaya/protocol";
import { mount, type Part, type Served } from "./api/mount.ts";
import { openApiDocument, openApiRoutes } from "./api/openapi.ts";
import type { RpcMethod } from "./api/rpc-method.ts";
import { createRpc } from "./api/rpc.ts";
import type { PlaneDoor } from "./cores/core.ts";
import type { AuditRoom } from "./domain/audit/index.ts";
import { agentBlobs, type BlobsRoom } from "./domain/blobs/index.ts";
import { consoleFolder, openConsole } from "./domain/console/index.ts";
import { createDistribution, type Distribution } from "./domain/distribution/index.ts";
import type { EnrolmentRoom } from "./domain/enrolment/index.ts";
import { fleetMethods, type FleetRoom } from "./domain/fleet/index.ts";
import { authentication, localActor } from "./domain/identity/index.ts";
import type { JobsRoom } from "./domain/jobs/index.ts";
import type { LinkRoom, Streams } from "./domain/link/index.ts";
import { LIVE_PATH } from "./domain/live/index.ts";
import type { Relay } from "./domain/relay/index.ts";
import { readiness, serverMethods, type ServerRoutesNeeds } from "./domain/server/index.ts";
import type { SessionsRoom } from "./domain/sessions/index.ts";
import type { StatusRoom } from "./domain/status/index.ts";
import { terminalHostOf } from "./domain/terminals/index.ts";
import { withoutDoubledSlashes } from "./gateways/activation/index.ts";
import type { TowerListeners } from "./gateways/tower/index.ts";
import { openHeaderRelay, type HeaderRelay } from "./gateways/tower-relay/index.ts";
import { configurationOf, type ToldConfiguration } from "./plane/configuration.ts";
import { openGround } from "./plane/ground.ts";
import { openHosts } from "./plane/hosts.ts";
import { openOldAgents, type BoltArrivals } from "./plane/old-agents.ts";
import { openPeople, type WayToPam } from "./plane/people.ts";
import { pruneDaily } from "./plane/pruning.ts";
import { openRelays } from "./plane/relays.ts";
import { publicParts, towerParts, type Rooms } from "./plane/routes.ts";
import { DAY_MS, guardOf } from "./plane/settings.ts";
import { openTower } from "./plane/tower.ts";
import { openWatching } from "./plane/watching.ts";
import { openWork } from "./plane/work.ts";
import { systemClock, type Clock } from "./platform/clock.ts";
import { folderSize } from "./platform/folder-size.ts";
import type { Log } from "./platform/log/index.ts";
import type { Metrics } from "./platform/metrics/index.ts";
import type { Pki } from "./platform/pki/index.ts";
import type { Store } from "./platform/store/index.ts";
import type { HostPort, Settings } from "./settings/index.ts";
import { VERSION } from "./version.ts";

export interface PlaneNeeds {
  readonly settings: Settings;
  /** What administrators are told of them. */
  readonly told?: ToldConfiguration;
  /** What the core has bound: where `settings.listen` leaves the port to the system, only this tells it. */
  readonly addresses: readonly HostPort[];
  /** Where original stormbolt agents arrive; absent: they do not. */
  readonly boltArrivals?: BoltArrivals | undefined;
  readonly log: Log;
  readonly clock?: Clock;
  /** The way to the accounts of this machine; absent: there is none, and why. */
  readonly pam?: WayToPam;
}

export interface Plane extends PlaneDoor, AsyncDisposable {
  readonly pki: Pki;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly fleet: FleetRoom;
  readonly enrolment: EnrolmentRoom;
  readonly links: LinkRoom;
  readonly streams: Streams;
  readonly relay: Relay;
  readonly jobs: JobsRoom;
  readonly status: StatusRoom;
  readonly tower: TowerListeners;
  readonly headerRelay: HeaderRelay;
  readonly audit: AuditRoom;
  readonly blobs: BlobsRoom;
  readonly distribution: Distribution;
  readonly people: SessionsRoom;
  /** The path, with its fragment, that lets an administrator in, once. */
  signInPath(): Promise<string>;
  /** Writes the local administrator's token of this start to the data folder, and returns where. */
  issueLocalToken(): Promise<string>;
}

const SIGN_IN_LINK_MS = 15 * 60_000;

/** Opens the store and the keys and puts the rooms together; rejects, having let go of everything, when it cannot. */
export async function createPlane({
  settings,
  told,
  addresses,
  boltArrivals,
  log,
  clock = systemClock,
  pam = { unavailable: "This server was started without a way to PAM." },
}: PlaneNeeds): Promise<Plane> {
  const { data } = settings;
  await using undo = new AsyncDisposableStack();
  const ground = await openGround(undo, { settings, addresses, log, clock });
  const { store, metrics, pki, audit, reachable } = ground;
  const people = await openPeople(undo, ground, pam);
  const hosts = await openHosts(undo, ground);
  const { fleet, enrolment, links, streams } = hosts;
  const relays = openRelays(undo, ground, people, hosts);
  const { relay, proxy, origins } = relays;
  const work = await openWork(undo, ground, hosts);
  const { jobs, blobs } = work;
  const watching = await openWatching(undo, ground, people, hosts, work);
  const { status, live, terminals, minionEvents } = watching;
  const oldAgents = await openOldAgents(undo, { ground, hosts, relays, watching, arrivals: boltArrivals });
  const distribution = await createDistribution({ log, folder: join(data, "dist"), caPem: pki.caPem, reachable });
  const webConsole = await openConsole({ folder: consoleFolder(), log });
  undo.use(
    pruneDaily({
      clock,
      log,
      async prune() {
        await work.deployments.deployments.forget(clock.now() - settings.jobsDays * DAY_MS);
        await status.prune(clock.now() - settings.historyDays * DAY_MS);
        return fleet.prune(clock.now() - settings.historyDays * DAY_MS, settings.historyEntries);
      },
    }),
  );

  const state = readiness(store);
  const serverNeeds: ServerRoutesNeeds = {
    readiness: state,
    metrics,
    version: VERSION,
    engine: store.engine,
    ca: pki.caPem,
    startedAt: ground.startedAt,
    links: () => links.links.size,
    jobs: () => jobs.unfinished,
    dataBytes: folderSize(data, clock),
    guard: guardOf(settings),
    page: webConsole.page,
    configuration: configurationOf({
      settings,
      told,
      addresses,
      boltAddresses: boltArrivals?.addresses ?? [],
      relayDomain: ground.relayDomain,
      discovers: watching.discovers,
    }),
  };
  const answered = metrics.histogram({
    name: "http_request_seconds",
    help: "How long requests took",
    labels: ["method", "path", "status"],
  });
  const rooms: Rooms = {
    ground,
    people,
    hosts,
    relays,
    work,
    watching,
    oldAgents,
    distribution,
    webConsole,
    serverNeeds,
  };
  // Made once: what it keeps of the list of minions is as large as the fleet.
  const towerRoutes = towerParts(rooms);
  const served = ({ method, path, status, ms }: Served) =>
    answered.observe({ method, path, status: String(status) }, ms / 1000);
  const described: Part = { at: "/api/v1", routes: openApiRoutes({ document: () => openApiDocument(app) }) };
  const app = mount([...towerRoutes, ...publicParts(rooms), described], {
    authenticate: people.who.request,
    audit: audit.log,
    log,
    served,
    page: webConsole.page,
  });
  const tower = undo.use(await openTower(rooms, towerRoutes, served));
  const headerRelay = undo.use(await openHeaderRelay({ listen: settings.relayListen, proxy, log }));
  // At the agents' door there is nothing else: who they are their certificate says, and it opens nothing here.
  const agentApp = mount(
    [
      {
        at: "/",
        routes: agentBlobs({ blobs, names: work.names, enrolments: enrolment.enrolments, linkOf: links.ofEnrolment }),
      },
    ],
    {
      authenticate: async () => undefined,
      audit: audit.log,
      log,
      served,
    },
  );

  const methods: readonly RpcMethod[] = [...serverMethods(serverNeeds), ...fleetMethods({ fleet, clock })];
  const rpc = createRpc(methods, { audit: audit.log, log });

  let drained: Promise<void> | undefined;
  const owned = undo.move();
  return {
    pki,
    metrics,
    store,
    fleet,
    enrolment,
    links,
    streams,
    relay,
    jobs,
    status,
    tower,
    headerRelay,
    audit,
    blobs,
    distribution,
    people: people.sessions,
    async signInPath() {
      return (await people.sessions.links.make({ role: "admin", expiresInMs: SIGN_IN_LINK_MS }, localActor)).path;
    },
    authenticate: authentication(people.identity),
    rpc,
    fetch: async (request, peer) =>
      peer.door === "link" ? agentApp.fetch(request, { peer }) : app.fetch(withoutDoubledSlashes(request), { peer }),
    carry: (incoming, outgoing, peer) =>
      peer.door === "public" && (origins.carry(incoming, outgoing, peer) || proxy.carry(incoming, outgoing, peer)),
    upgrade(request, socket, head, peer) {
      // A fleet that comes back asks for nothing else, thousands of times a second.
      if (peer.door === "link" && request.url === LINK_PATH) return links.upgrade(request, socket, head, peer);
      // First: below the relay domain nothing is ours, whatever its path.
      if (peer.door === "public" && origins.upgrade(request, socket, head, peer)) return;
      if (peer.door === "public" && proxy.upgrade(request, socket, head, peer)) return;
      if (peer.door === "public" && relays.sockets.upgrade(request, socket, head, peer)) return;
      // A stranger's target may be no URL at all, as `//`: that is nothing here, and no failure of ours.
      const path = URL.parse(request.url ?? "/", "https://atalaya")?.pathname;
      if (path === LINK_PATH) return links.upgrade(request, socket, head, peer);
      if (path?.startsWith(STREAM_PATH) === true) return streams.upgrade(request, socket, head, peer);
      if (path !== undefined && terminalHostOf(path) !== undefined && peer.door === "public")
        return terminals.upgrade(request, socket, head, peer);
      if (path === LIVE_PATH && peer.door === "public") return live.upgrade(request, socket, head, peer);
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    },
    async start() {
      state.begin();
    },
    drain() {
      return (drained ??= (async () => {
        state.drain();
        live.drain();
        minionEvents.drain();
        tower.drain();
        headerRelay.drain();
        terminals.drain();
        relay.drain();
        streams.drain();
        await links.drain();
        await jobs.settled();
      })());
    },
    async issueLocalToken() {
      const file = join(data, "local-token");
      await people.identity.issueLocalToken(file);
      return file;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
