/** The composition root: everything the server does, without a network. Each part is handed what it needs, by name. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { hostname, networkInterfaces } from "node:os";
import {
  deploy,
  environment,
  exec,
  instances,
  LINK_PATH,
  packages,
  personality,
  services,
  STREAM_PATH,
} from "@atalaya/protocol";
import { mount, type Part, type Served } from "./api/mount.ts";
import { openApiDocument, openApiRoutes } from "./api/openapi.ts";
import { createRpc } from "./api/rpc.ts";
import type { RpcMethod } from "./api/rpc-method.ts";
import type { Peer, PlaneDoor } from "./cores/core.ts";
import type { Actor } from "./api/actor.ts";
import { createAccounts } from "./domain/accounts/index.ts";
import { auditRoutes, createAudit, type AuditRoom } from "./domain/audit/index.ts";
import { agentBlobs, blobRoutes, collectHourly, createBlobs, type BlobsRoom } from "./domain/blobs/index.ts";
import { consoleFolder, consoleRoutes, openConsole } from "./domain/console/index.ts";
import { createDeploymentsRoom, deploymentRoutes, savedBlobNames } from "./domain/deployments/index.ts";
import { createDiscovery, discoveredFor, discoveredTopic, discoveryRoutes } from "./domain/discovery/index.ts";
import {
  createDistribution,
  distributionRoutes,
  reachableServers,
  type Distribution,
} from "./domain/distribution/index.ts";
import { createEnrolment, enrolmentRoutes, joinTokenRoutes, type EnrolmentRoom } from "./domain/enrolment/index.ts";
import { createFleet, fleetMethods, fleetRoutes, hostsTopic, type FleetRoom } from "./domain/fleet/index.ts";
import {
  authentication,
  bearerAuthentication,
  createIdentity,
  failureLimit,
  identityRoutes,
  localActor,
} from "./domain/identity/index.ts";
import { createJobs, jobRoutes, type JobsRoom } from "./domain/jobs/index.ts";
import { createLinks, createStreams, type LinkRoom, type Streams } from "./domain/link/index.ts";
import { createLive, liveRoutes, LIVE_PATH, measureLive } from "./domain/live/index.ts";
import {
  createOidc,
  createSessionsRoom,
  oidcRoutes,
  secondFactorRoutes,
  sessionRoutes,
  type SessionsRoom,
} from "./domain/sessions/index.ts";
import {
  createCarrier,
  createOrigins,
  createRelay,
  createRelaySockets,
  relayRoutes,
  type Relay,
} from "./domain/relay/index.ts";
import { createScripts, scriptRoutes, scriptStore } from "./domain/scripts/index.ts";
import { createMonitorRoom, loadTopic, monitorRoutes, monitorTopic } from "./domain/monitor/index.ts";
import { createStatus, statusRoutes, statusTopic, type StatusRoom } from "./domain/status/index.ts";
import { createRecordings, createTerminals, terminalHostOf, terminalRoutes } from "./domain/terminals/index.ts";
import { readiness, serverMethods, serverRootRoutes, serverRoutes } from "./domain/server/index.ts";
import { createUsers, userRoutes } from "./domain/users/index.ts";
import { activationRoutes, agentRoutes, createActivation, withoutDoubledSlashes } from "./gateways/activation/index.ts";
import { boltRoad, openBolts, type Arrivals } from "./gateways/bolt/index.ts";
import { presentByDnsSd } from "./gateways/dns-sd/index.ts";
import { clientRoutes, createProxy, openHeaderRelay, type HeaderRelay } from "./gateways/tower-relay/index.ts";
import { watchMarcoPolo } from "./gateways/marcopolo/index.ts";
import { createEventStreams, minionRoutes, openTowerListeners, type TowerListeners } from "./gateways/tower/index.ts";
import { migrations } from "./migrations/index.ts";
import { openBlobs } from "./platform/blobs/index.ts";
import { createLocalBus } from "./platform/bus/index.ts";
import { systemClock, type Clock } from "./platform/clock.ts";
import { folderSize } from "./platform/folder-size.ts";
import type { Log } from "./platform/log/index.ts";
import { createMetrics, watchCommits, watchProcess, type Metrics } from "./platform/metrics/index.ts";
import type { Pam } from "./platform/pam/index.ts";
import { openPki, type Pki } from "./platform/pki/index.ts";

import type { RsaAuthority } from "./platform/pki/rsa-authority.ts";
import { openSegments } from "./platform/segments/index.ts";
import { lockFolder, openStore, type Store } from "./platform/store/index.ts";
import { installationKey, installationName, storeOwner } from "./installation.ts";
import { boltSettings, certificateFiles, certificateNames, guardOf, providerOf } from "./plane-settings.ts";
import { pruneDaily } from "./pruning.ts";
import type { HostPort, Settings } from "./settings/index.ts";
import { VERSION } from "./version.ts";

export interface PlaneNeeds {
  readonly settings: Settings;
  /** What the core has bound: where `settings.listen` leaves the port to the system, only this tells it. */
  readonly addresses: readonly HostPort[];
  /** Where original stormbolt agents arrive; absent: they do not. */
  readonly boltArrivals?: BoltArrivals | undefined;
  readonly log: Log;
  readonly clock?: Clock;
  /** The way to the accounts of this machine; absent: there is none, and why. */
  readonly pam?: Pam | { readonly unavailable: string };
}

export interface BoltArrivals extends Arrivals {
  readonly addresses: readonly HostPort[];
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

const DAY_MS = 86_400_000;
const SIGN_IN_LINK_MS = 15 * 60_000;
/** The longest that libpam makes of the two seconds that pam_unix asks for: then no answer tells how long PAM took. */
const FAILURE_MS = 3_000;

/** Opens the store and the keys and puts the rooms together; rejects, having let go of everything, when it cannot. */
export async function createPlane({
  settings,
  addresses,
  boltArrivals,
  log,
  clock = systemClock,
  pam = { unavailable: "This server was started without a way to PAM." },
}: PlaneNeeds): Promise<Plane> {
  const { data } = settings;
  await using undo = new AsyncDisposableStack();
  const startedAt = clock.now();
  const bus = createLocalBus({ clock, log });
  const metrics = createMetrics();
  undo.use(watchProcess(metrics));

  // The embedded store locks its folder itself.
  if (settings.store.kind !== "embedded") undo.use(lockFolder(join(data, "store")));
  const store = undo.use(
    await openStore(
      settings.store.kind === "embedded"
        ? { engine: "sqlite", folder: join(data, "store"), backups: settings.backups }
        : { engine: "postgres", url: settings.store.url, owner: await storeOwner(data) },
      { clock, log, migrations },
    ),
  );
  undo.use(watchCommits(metrics, store));
  const segments =
    store.engine === "sqlite" ? undo.use(await openSegments(join(data, "output"), { clock, log })) : undefined;

  const reachableAt = (listen: readonly HostPort[]) =>
    reachableServers({
      listen,
      names: settings.names,
      interfaces: Object.values(networkInterfaces()).flatMap((cards) => cards ?? []),
    });
  const reachable = reachableAt(addresses);
  const named = certificateFiles(settings);
  // Browsers take names below localhost for this machine: a trial needs nothing else.
  const relayDomain = settings.relayDomain ?? (reachable.onlyLoopback ? "relay.localhost" : undefined);
  const pki = undo.use(
    await openPki(join(data, "pki"), {
      clock,
      log,
      names: [
        ...certificateNames(settings, reachable.servers),
        ...(relayDomain === undefined ? [] : [`*.${relayDomain}`]),
      ],
      ...(named === undefined ? {} : { named }),
    }),
  );
  const server = await installationName(data);
  // Agents of other machines are told every way in; while only loopback is listened on, they keep what they dialled.
  const servers = (): readonly string[] => (reachable.onlyLoopback ? [] : reachable.servers);

  const audit = undo.use(
    await createAudit({
      store,
      bus,
      clock,
      log,
      writer: server,
      signer: pki.statements,
      ca: pki.ca,
      folder: join(data, "audit"),
      keepMs: settings.auditDays * DAY_MS,
    }),
  );
  const key = await installationKey(data);
  const title = settings.names[0] ?? hostname();
  const users = createUsers({
    store,
    bus,
    clock,
    key,
    issuer: `Atalaya ${title}`,
    rules: settings.roles,
    secondFactorRoles: settings.secondFactor,
  });
  const identity = undo.use(createIdentity({ store, bus, clock, log, people: (login) => users.standing(login) }));
  const people = undo.use(
    await createSessionsRoom({
      store,
      bus,
      clock,
      log,
      data,
      identity,
      users,
      pam,
      record: ({ actor, action, outcome, address, code = "server.internal", reason }) =>
        audit.log.record({
          actor: { name: actor },
          action,
          address,
          ...(outcome === "done" ? { outcome } : { outcome, code }),
          ...(reason === undefined ? {} : { details: { reason } }),
        }),
      settings: {
        idleMs: settings.sessionIdleMinutes * 60_000,
        absoluteMs: settings.sessionHours * 3_600_000,
        keyMs: settings.sessionKeyDays * DAY_MS,
        rootAllowed: settings.signInRoot,
        failureMs: FAILURE_MS,
      },
    }),
  );
  const { authentication: who } = people;
  const provider = providerOf(settings);
  const oidc = provider === undefined ? undefined : createOidc({ settings: provider, key, clock, log });
  const fleet = undo.use(await createFleet({ store, bus, clock, log, server }));
  const enrolment = undo.use(
    createEnrolment({
      store,
      bus,
      clock,
      log,
      pki,
      fleet,
      servers,
      settings: {
        certificateDays: settings.certificateDays,
        queue: settings.pending ? { size: settings.pendingLimit, expiresMs: 7 * DAY_MS } : undefined,
      },
    }),
  );
  const { enrolments, desk, joinTokens } = enrolment;
  const links = undo.use(
    createLinks({
      store,
      clock,
      log,
      enrolments,
      fleet,
      server,
      ticketCertificate: pki.ticketCertificatePem,
      servers,
      metrics,
      settings: { heartbeatMs: settings.heartbeatSeconds * 1000 },
    }),
  );
  const streams = undo.use(
    createStreams({
      links: links.links,
      enrolments,
      signTickets: (root) => pki.signTickets(root),
      clock,
      log,
      metrics,
    }),
  );
  const relay = undo.use(
    createRelay({
      links: links.links,
      streams,
      fleet,
      audit: audit.log,
      ended: who.ended,
      bus,
      clock,
      log,
      metrics,
    }),
  );
  const carrier = undo.use(createCarrier({ relay, log, answerMs: settings.relaySeconds * 1000 }));
  const byToken = bearerAuthentication(identity);
  const proxy = createProxy({
    relay,
    carrier,
    authenticate: (authorization, { address }) => byToken(authorization, address),
    log,
  });
  const origins = createOrigins({
    relay,
    carrier,
    ended: who.ended,
    clock,
    log,
    ...(relayDomain === undefined ? {} : { domain: relayDomain }),
  });
  const relaySockets = createRelaySockets({
    relay,
    authenticate: (authorization, { address }) => byToken(authorization, address),
    clock,
    log,
  });
  const blobs = createBlobs({
    store,
    bytes: await openBlobs(join(data, "blobs"), { clock, reserveBytes: settings.diskReserve }),
    mostBytes: settings.blobBytes,
    clock,
    log,
  });
  const accounts = createAccounts({ rules: settings.accounts, fleet });
  const jobs = undo.use(
    await createJobs({
      store,
      segments,
      bus,
      clock,
      log,
      fleet,
      links: links.links,
      accounts,
      capabilities: [exec, deploy, packages, services, instances, environment, personality],
      blobs,
      alsoNamed: savedBlobNames(store),
      signTickets: (root) => pki.signTickets(root),
      key,
      guard: guardOf(settings),
      retention: {
        outputMaxAgeMs: settings.outputDays * DAY_MS,
        outputMaxBytes: settings.outputBytes,
        historyMaxAgeMs: settings.jobsDays * DAY_MS,
      },
      metrics,
    }),
  );
  const { names } = jobs;
  const deployments = createDeploymentsRoom({ store, jobs: jobs.jobs, blobs, names, key, clock });
  const scripts = createScripts({ store: scriptStore(store), jobs: jobs.jobs, clock });
  undo.use(collectHourly({ blobs, names, clock, log }));
  const discovery = await createDiscovery({ store, bus, clock, log });
  const discovered = discoveredFor({ discovery, fleet, desk });
  if (settings.discovery === "on" || (settings.discovery === "auto" && !reachable.onlyLoopback)) {
    const port = Number(reachable.servers[0]?.split(":").at(-1));
    undo.use(watchMarcoPolo({ discovery, clock, log, roundMs: settings.discoverySeconds * 1000 }));
    undo.use(presentByDnsSd({ discovery, port, clock, log }));
  }
  const monitor = undo.use(createMonitorRoom({ store, links: links.links, bus, clock, log }));
  const status = undo.use(await createStatus({ store, bus, clock, log, fleet, links: links.links }));
  const live = undo.use(
    createLive({
      topics: [
        hostsTopic({ fleet, clock }),
        ...jobs.topics,
        monitorTopic({ monitor, fleet }),
        loadTopic({ monitor, fleet }),
        statusTopic({ status, fleet }),
        ...audit.topics,
        discoveredTopic({ discovery, view: discovered }),
      ],
      authenticate: who.upgrade,
      ended: who.ended,
      bus,
      clock,
      log,
    }),
  );
  const recordings = createRecordings({ store, folder: join(data, "terminals"), fleet, clock });
  const terminals = undo.use(
    createTerminals({
      streams,
      fleet,
      accountFor: (actor, asked, host) => accounts.accountFor(actor, asked, [host]),
      authenticate: who.upgrade,
      ended: who.ended,
      audit: audit.log,
      ...(settings.terminalRecording ? { recordings } : {}),
      ...(settings.terminalIdleMinutes === 0 ? {} : { idleMs: settings.terminalIdleMinutes * 60_000 }),
      bus,
      clock,
      log,
    }),
  );
  undo.use(
    pruneDaily({
      what: "recordings of terminals",
      clock,
      log,
      prune: () => recordings.prune(clock.now() - settings.terminalRecordingDays * DAY_MS),
    }),
  );
  // Made when it is first needed: most servers never see such an agent.
  let boltAuthority: Promise<RsaAuthority> | undefined;
  const authority = () =>
    (boltAuthority ??= import("./platform/pki/rsa-authority.ts").then(({ openRsaAuthority }) =>
      openRsaAuthority(join(data, "pki"), {
        clock,
        name: "bolt",
        names: certificateNames(settings, [
          ...reachable.servers,
          ...reachableAt(boltArrivals?.addresses ?? []).servers,
        ]),
      }),
    ));
  const activation = createActivation({ store, clock, authority, certificateDays: settings.boltCertificateDays });
  undo.use(pruneDaily({ what: "expired certificates of stormbolt agents", clock, log, prune: activation.prune }));
  const bolts =
    boltArrivals === undefined && settings.boltUplinks.length === 0
      ? undefined
      : undo.use(
          await openBolts({
            arrivals: boltArrivals,
            settings: boltSettings(settings),
            authority,
            admit: activation.admit,
            onDismissed: activation.onDismissed,
            fleet,
            status: { put: async (host, whole) => void (await status.put(host, { whole }, "bolt")) },
            clock,
            log,
          }),
        );
  if (bolts !== undefined) {
    undo.use(relay.addRoad(boltRoad(bolts)));
    metrics.gauge({
      name: "bolts_connected",
      help: "Stormbolt agents that are connected, also through servers of theirs",
      collect: (gauge) => gauge.set(bolts.size),
    });
  }
  const agentRoutesNeeds = {
    activation,
    clock,
    ca: async () => (await authority()).caPem,
    tracker: () => `https://${reachable.servers[0] ?? title}/`,
    uplinks: () => (boltArrivals === undefined ? [] : reachableAt(boltArrivals.addresses).servers),
  };
  measureLive(metrics, live);
  const distribution = await createDistribution({ log, folder: join(data, "dist"), caPem: pki.caPem, reachable });
  const webConsole = await openConsole({ folder: consoleFolder(), log });
  undo.use(
    pruneDaily({
      clock,
      log,
      async prune() {
        await deployments.deployments.forget(clock.now() - settings.jobsDays * DAY_MS);
        await status.prune(clock.now() - settings.historyDays * DAY_MS);
        return fleet.prune(clock.now() - settings.historyDays * DAY_MS, settings.historyEntries);
      },
    }),
  );

  const state = readiness(store);
  const serverNeeds = {
    readiness: state,
    metrics,
    version: VERSION,
    engine: store.engine,
    ca: pki.caPem,
    startedAt,
    links: () => links.links.size,
    jobs: () => jobs.unfinished,
    dataBytes: folderSize(data, clock),
    page: webConsole.page,
  };
  const answered = metrics.histogram({
    name: "http_request_seconds",
    help: "How long requests took",
    labels: ["method", "path", "status"],
  });
  const minionEvents = undo.use(
    createEventStreams({ status, bus, clock, log, ended: (credentials) => who.ended(credentials) }),
  );
  const towerParts: readonly Part[] = [
    {
      at: "/",
      routes: minionRoutes({
        status,
        fleet,
        events: minionEvents,
        legacyDigests: settings.legacyDigests,
        start: randomBytes(4).toString("hex"),
      }),
    },
    { at: "/", routes: clientRoutes({ fleet, relay }) },
  ];
  const v1 = "/api/v1";
  const parts: Part[] = [
    ...towerParts,
    { at: "/", routes: serverRootRoutes(serverNeeds) },
    { at: "/", routes: distributionRoutes({ distribution }) },
    { at: "/", routes: consoleRoutes({ webConsole }) },
    { at: v1, routes: serverRoutes(serverNeeds) },
    { at: "/", routes: activationRoutes({ ...agentRoutesNeeds, limit: failureLimit() }) },
    { at: "/", routes: agentRoutes(agentRoutesNeeds) },
    { at: v1, routes: identityRoutes({ identity, clock }) },
    { at: v1, routes: userRoutes({ users }) },
    { at: v1, routes: oidcRoutes({ ...people, oidc }) },
    { at: v1, routes: secondFactorRoutes({ ...people, secondFactor: users.secondFactor }) },
    {
      at: v1,
      routes: sessionRoutes({
        ...people,
        page: () => ({
          server: title,
          version: VERSION,
          methods: [
            ...("unavailable" in pam ? [] : [{ kind: "pam" as const }]),
            ...(oidc === undefined
              ? []
              : [
                  {
                    kind: "oidc" as const,
                    name: oidc.provider,
                    label: oidc.label,
                    start: `${v1}/sign-in/oidc/${oidc.provider}`,
                  },
                ]),
            { kind: "link" },
          ],
          notes: "unavailable" in pam ? [pam.unavailable] : [],
        }),
      }),
    },
    { at: v1, routes: fleetRoutes({ fleet, clock }) },
    { at: v1, routes: enrolmentRoutes({ enrolments, desk }) },
    {
      at: v1,
      routes: discoveryRoutes({ view: discovered, enrolment, joinLine: (token) => distribution.joinLine(token) }),
    },
    { at: v1, routes: joinTokenRoutes({ joinTokens, joinLine: (token) => distribution.joinLine(token) }) },
    { at: v1, routes: jobRoutes({ jobs: jobs.jobs, output: jobs.output }) },
    { at: v1, routes: deploymentRoutes(deployments) },
    { at: v1, routes: scriptRoutes({ scripts }) },
    { at: v1, routes: auditRoutes({ audit }) },
    { at: v1, routes: liveRoutes({ live }) },
    { at: v1, routes: monitorRoutes({ monitor, fleet }) },
    { at: v1, routes: statusRoutes({ status, fleet }) },
    { at: v1, routes: relayRoutes({ relay, origins }) },
    { at: v1, routes: terminalRoutes({ recordings }) },
    { at: v1, routes: blobRoutes({ blobs, names }) },
    { at: v1, routes: openApiRoutes({ document: () => openApiDocument(app) }) },
  ];
  const served = ({ method, path, status, ms }: Served) =>
    answered.observe({ method, path, status: String(status) }, ms / 1000);
  const app = mount(parts, {
    authenticate: who.request,
    audit: audit.log,
    log,
    served,
    page: webConsole.page,
  });
  // What callers of the original find, at listeners of its own too; who they are there is known before.
  const callers = new WeakMap<Peer, Actor>();
  const towerApp = mount(towerParts, {
    authenticate: async (_, peer) => callers.get(peer),
    audit: audit.log,
    log,
    served,
  });
  const tower = undo.use(
    await openTowerListeners({
      plain: { listen: settings.towerListen, callers: settings.towerCallers, role: settings.towerRole },
      tls: { listen: settings.towerTlsListen, ca: settings.towerClientCa, clients: settings.towerClients },
      names: settings.names,
      pki,
      log,
      async fetch(request, peer, actor) {
        callers.set(peer, actor);
        return towerApp.fetch(request, { peer });
      },
      carry: (incoming, outgoing, peer, actor) => proxy.carry(incoming, outgoing, peer, actor),
      upgrade: (incoming, socket, head, peer, actor) => proxy.upgrade(incoming, socket, head, peer, actor),
    }),
  );
  const headerRelay = undo.use(await openHeaderRelay({ listen: settings.relayListen, proxy, log }));
  // At the agents' door there is nothing else: who they are their certificate says, and it opens nothing here.
  const agentApp = mount([{ at: "/", routes: agentBlobs({ blobs, names, enrolments }) }], {
    authenticate: async () => undefined,
    audit: audit.log,
    log,
    served,
  });

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
    people,
    async signInPath() {
      return (await people.links.make({ role: "admin", expiresInMs: SIGN_IN_LINK_MS }, localActor)).path;
    },
    authenticate: authentication(identity),
    rpc,
    fetch: async (request, peer) =>
      peer.door === "link" ? agentApp.fetch(request, { peer }) : app.fetch(withoutDoubledSlashes(request), { peer }),
    carry: (incoming, outgoing, peer) =>
      peer.door === "public" && (origins.carry(incoming, outgoing, peer) || proxy.carry(incoming, outgoing, peer)),
    upgrade(request, socket, head, peer) {
      // First: below the relay domain nothing is ours, whatever its path.
      if (peer.door === "public" && origins.upgrade(request, socket, head, peer)) return;
      if (peer.door === "public" && proxy.upgrade(request, socket, head, peer)) return;
      if (peer.door === "public" && relaySockets.upgrade(request, socket, head, peer)) return;
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
      await identity.issueLocalToken(file);
      return file;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
