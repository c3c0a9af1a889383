/** The agent put together: state, spool, link and what they need of each other. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";
import { join } from "node:path";
import {
  failures,
  isFailureCode,
  LINK_VERSIONS,
  MONITOR,
  RELAY,
  STATUS,
  TERMINAL,
  type Hello,
} from "@atalaya/protocol";
import { blobSource } from "./blob-source.ts";
import { variablesOf } from "./capabilities/environment/variables.ts";
import { openCgroups } from "./capabilities/exec/cgroups.ts";
import { findPump, type PumpProgram } from "./capabilities/exec/pump-program.ts";
import { findTools } from "./capabilities/exec/tools.ts";
import type { MarcoPolo } from "./marcopolo/index.ts";
import type { Monitor } from "./capabilities/monitor/monitor.ts";
import { readFingerprint, readSystem } from "./capabilities/inventory/fingerprint.ts";
import { sysfs } from "./capabilities/inventory/sysfs.ts";
import { keepFacts } from "./facts-reporter.ts";
import { openIdentity } from "./enrol/identity.ts";
import { lazySupervisor } from "./instances/lazy.ts";
import { keepLink, type LinkNeeds, type LinkState, type Up } from "./link/link.ts";
import { isLoopback, parseAddress, showAddress, type Address } from "./link/addresses.ts";
import type { Backoff } from "./link/backoff.ts";
import type { Environment } from "./link/proxy.ts";
import type { Strategy } from "./link/servers.ts";
import { sessionTickets } from "./link/session-tickets.ts";
import { identityChanged } from "./identity-watch.ts";
import { bootClock } from "./platform/boot-clock.ts";
import { failureOf, type Log } from "./platform/log.ts";
import { policyFile } from "./policy/policy-file.ts";
import { renewer } from "./renewer.ts";
import { lazyHandler } from "./runs/lazy-handler.ts";
import { createLaunchpad } from "./runs/launchpad.ts";
import { createRuns } from "./runs/runs.ts";
import { openSpool, type SpoolLimits } from "./spool/spool.ts";
import type { OwnState } from "./status/own.ts";
import type { StatusReporter } from "./status/reporter.ts";
import type { ApiCaller } from "./storm-api/deeds.ts";
import type { openStormApi } from "./storm-api/open.ts";
import type { StreamKind, Streams } from "./streams/streams.ts";
import { taskHandlers } from "./tasks/lazy.ts";
import { VERSION } from "./version.ts";
import type { Waypoint, WaypointSettings } from "./waypoint/waypoint.ts";

export interface AgentNeeds {
  readonly data: string;
  /** Stands for `/` where the machine is described; tests and namespaces have their own. */
  readonly root?: string;
  readonly servers?: readonly Address[];
  readonly strategy?: Strategy;
  /** Carries connections of other agents to the server. */
  readonly waypoint?: WaypointSettings;
  readonly environment: Environment;
  readonly log: Log;
  /** Told whenever the link's state changes. */
  readonly onState?: (state: LinkState) => void;
  readonly highWaterBytes?: number;
  /** Absent: control groups are used where the machine has them. */
  readonly controlGroups?: false;
  readonly spoolLimits?: SpoolLimits;
  readonly policyPath?: string;
  readonly preferEveryMs?: number;
  readonly backoff?: Backoff;
  /** Beside those that every agent has. */
  readonly streamKinds?: Readonly<Record<string, StreamKind>>;
  readonly streamsLinklessMs?: number;
}

/** This very program: one bundle, or `main.ts` beside this source. */
function ownProgram(): string {
  const { filename, dirname } = import.meta;
  return filename.endsWith("agent.ts") ? join(dirname, "main.ts") : filename;
}

const HIGH_WATER_BYTES = 64 * 1024 * 1024;

/** Runs until the signal comes, or until nothing can be done any more (then it throws). Commands outlive it. */
export async function runAgent(needs: AgentNeeds, signal: AbortSignal): Promise<void> {
  const { data, log, environment } = needs;
  const files = sysfs(needs.root);
  const identity = await openIdentity(data);
  const boot = bootClock();
  const nonce = randomUUID();
  const system = readSystem(files);
  const fingerprint = readFingerprint(files);
  const spool = await openSpool(data, Date.now, needs.spoolLimits);
  let up: Up | undefined;
  const policy = policyFile(data, needs.policyPath);
  const tickets = sessionTickets(data);
  const tools = findTools();
  const streamKinds: Readonly<Record<string, StreamKind>> = {
    [TERMINAL]: {
      prepare: async (request, about) => {
        const { terminalKind } = await import("./capabilities/terminal/terminal.ts");
        return terminalKind({ tools, environment }).prepare(request, about);
      },
    },
    [RELAY]: {
      prepare: async (request, about) => {
        relay ??= import("./capabilities/relay/relay.ts").then(({ relayKind }) => relayKind({ api: answerApi }));
        return (await relay).prepare(request, about);
      },
    },
    ...needs.streamKinds,
  };
  let relay: Promise<StreamKind> | undefined;
  let api: Promise<ReturnType<typeof openStormApi>> | undefined;
  let streams: Promise<Streams> | undefined;
  let monitor: Promise<Monitor> | undefined;
  let status: Promise<StatusReporter> | undefined;
  let discovery: Promise<MarcoPolo> | undefined;
  let waypoint: Promise<Waypoint> | undefined;
  let carrying: Waypoint | undefined;

  let found: Promise<PumpProgram> | undefined;
  const pump = (): Promise<PumpProgram> => (found ??= findPump(join(data, "bin")));
  const highWaterBytes = needs.highWaterBytes ?? HIGH_WATER_BYTES;
  const groups = needs.controlGroups === false ? undefined : await openCgroups(data);
  const variables = variablesOf(data);
  const launchpad = createLaunchpad({
    policy,
    tools,
    pump,
    highWaterBytes,
    environment,
    groups,
    log,
    variables: () => variables.values(),
  });
  await using instances = lazySupervisor({
    data,
    policy,
    tools,
    pump,
    environment,
    variables,
    bootId: boot.bootId,
    log,
  });
  using blobs = blobSource({ link: () => up, key: () => identity.keyPem(), environment });
  const handlers = [
    lazyHandler("exec", async () => {
      const { execHandler } = await import("./capabilities/exec/exec.ts");
      return execHandler({ launchpad, fetchBlob: (sha256, run, into) => blobs.fetch({ sha256, run, into }) });
    }),
    lazyHandler("deploy", async () => {
      const { deployHandler } = await import("./capabilities/deploy/deploy.ts");
      return deployHandler({
        launchpad,
        log,
        program: ownProgram(),
        runtime: process.execPath,
        fetchBlob: ({ signal, ...wish }) => blobs.fetch({ ...wish, patient: { signal } }),
        serviceRegistered: (service) => void discovery?.then((room) => room.registered(service)),
      });
    }),
  ];
  const taskNeeds = { launchpad, log, data, instances, program: ownProgram(), runtime: process.execPath };
  handlers.push(
    ...taskHandlers({ ...taskNeeds, fetchBlob: (sha256, run, into) => blobs.fetch({ sha256, run, into }) }),
  );
  const runs = createRuns({
    spool,
    handlers,
    boot,
    log,
    pump,
    groups,
    now: Date.now,
    highWaterBytes,
  });
  instances.begin();
  await runs.restore();
  const facts = await keepFacts({
    data,
    files,
    ...(groups === undefined ? {} : { groups: [...groups.controllers] }),
    log,
    send: (frame) => up?.send(frame),
  });
  const renewal = renewer({ identity, log, up: () => up });

  const about = { fingerprint, system, hostname: hostname(), agentVersion: VERSION };
  const capabilities = (): readonly string[] => [
    ...handlers.map(({ capability }) => capability),
    ...Object.keys(streamKinds),
    MONITOR,
    STATUS,
  ];
  const hello: LinkNeeds["hello"] = ({ epoch, slot, via }): Hello => ({
    type: "hello",
    versions: [...LINK_VERSIONS],
    agentVersion: VERSION,
    bootId: boot.bootId,
    nonce,
    // Cards come and go; what does not is read again cheaply.
    fingerprint: readFingerprint(files),
    system,
    epoch,
    capabilities: [...capabilities()],
    spool: [...runs.entries()],
    ...(slot === undefined ? {} : { slot }),
    ...(via.length === 0 ? {} : { via: [...via] }),
    ...(facts.digest() === undefined ? {} : { factsDigest: facts.digest()! }),
  });

  try {
    await keepLink(
      {
        identity,
        environment,
        log,
        tickets,
        ...(needs.servers === undefined ? {} : { servers: needs.servers }),
        ...(needs.strategy === undefined ? {} : { strategy: needs.strategy }),
        ...(needs.backoff === undefined ? {} : { backoff: needs.backoff }),
        ...(needs.preferEveryMs === undefined ? {} : { preferEveryMs: needs.preferEveryMs }),
        hello,
        async up(link) {
          up = link;
          void streams?.then((room) => room.linkUp());
          await runs.up(link.outlet, link.hello.spool, link.welcome.resume);
          if (link.welcome.wantFacts) void facts.report(true);
          facts.begin();
          void openStatus().then((room) => up === link && room.up(), unexpected);
          if (needs.waypoint !== undefined) void carryOthers(needs.waypoint, link).catch(unexpected);
          renewal.begin(link.enrolled.certificate);
          discovery ??= isLoopback(link.address) ? undefined : answerNeighbours();
        },
        frame(frame, link) {
          switch (frame.type) {
            case "start":
              return void runs.start(frame, link.ground).catch(unexpected);
            case "cancel":
              if (frame.epoch >= link.ground.epoch) return runs.cancel(frame.run);
              return link.send({
                type: "problem",
                code: "link.old-epoch",
                message: "the cancel is of an older epoch",
                run: frame.run,
              });
            case "settled":
              return void runs.settled(frame.runs).catch(unexpected);
            case "output-committed":
              return runs.committed(frame.through);
            case "want-facts":
              return void facts.report(true);
            case "certificate":
              return void renewal.take(frame.certificate).catch(unexpected);
            case "want-status":
              return void openStatus().then((room) => room.wanted(frame.parts), unexpected);
            case "monitor":
              return void openMonitor()
                .then((room) => room.wanted(frame))
                .catch(unexpected);
            case "open-stream":
              return void openStreams()
                .then((room) => room.open(frame, link))
                .catch(unexpected);
          }
        },
        down() {
          up = undefined;
          void streams?.then((room) => room.linkDown());
          void monitor?.then((room) => room.down());
          void status?.then((room) => room.down());
          void waypoint?.then((room) => room.down());
          runs.down();
        },
        barred: () => void waypoint?.then((room) => room.cut()),
        room: () => runs.room(),
        state: (state) => needs.onState?.(state),
        async reenrol(enrolled) {
          const { enrol } = await import("./enrol/enrol.ts");
          const servers = needs.servers ?? enrolled.servers.map(parseAddress);
          return enrol({
            servers,
            trust: { kind: "certificate", ca: enrolled.ca },
            identity,
            about,
            environment,
            log,
            signal,
          });
        },
        identityChanged: (stop) => identityChanged(data, stop),
      },
      signal,
    );
  } finally {
    facts.close();
    renewal.close();
    (await streams)?.close();
    (await monitor)?.down();
    (await status)?.[Symbol.dispose]();
    (await waypoint)?.[Symbol.dispose]();
    await runs.close();
    await (await discovery)?.[Symbol.asyncDispose]();
  }

  // An agent of a server that only this machine reaches is a trial: the network is not told of it.
  async function answerNeighbours(): Promise<MarcoPolo> {
    const { openMarcoPolo } = await import("./marcopolo/index.ts");
    return openMarcoPolo({
      data,
      policy,
      agentVersion: VERSION,
      async identity() {
        const enrolled = await identity.enrolled();
        return enrolled && { certificate: enrolled.certificate, key: await identity.keyPem() };
      },
      log,
    });
  }

  /** Loaded at the first link: most agents are no waypoints. */
  async function carryOthers(settings: WaypointSettings, link: Up): Promise<void> {
    waypoint ??= import("./waypoint/waypoint.ts").then(({ createWaypoint }) =>
      createWaypoint({
        settings,
        folder: join(data, "waypoint"),
        environment,
        log,
        servers: () => [...(needs.servers ?? []), ...(up?.enrolled.servers ?? []).map(parseAddress)],
      }),
    );
    const [room, key] = await Promise.all([waypoint, identity.keyPem()]);
    carrying = room;
    if (up === link) await room.up({ address: link.address, enrolled: link.enrolled, key });
  }

  /** Loaded when the server wants it, after connecting. */
  function openMonitor(): Promise<Monitor> {
    return (monitor ??= Promise.all([
      import("./capabilities/monitor/monitor.ts"),
      import("./capabilities/monitor/sampler.ts"),
    ]).then(([{ createMonitor }, { createSampler }]) =>
      createMonitor({ sampler: createSampler(), log, send: (frame) => up?.send(frame), random: Math.random }),
    ));
  }

  function aboutStatus() {
    const state = (): OwnState => ({
      instance: nonce,
      enrolment: up?.enrolled.enrolment,
      servers: needs.servers?.map(showAddress) ?? up?.enrolled.servers ?? [],
      uplink: up?.address,
      heartbeatMs: up?.welcome.heartbeatMs,
      data,
      capabilities: capabilities(),
      version: VERSION,
      strategy: needs.strategy ?? "priority",
      waypoint: carrying?.port === undefined ? undefined : { port: carrying.port, members: carrying.members() },
    });
    return { state, policy, instances };
  }

  /** Loaded at the first call. */
  function answerApi(bytes: Duplex, caller: ApiCaller): void {
    api ??= Promise.all([import("./storm-api/open.ts"), import("./tasks/kinds.ts")]).then(
      ([{ openStormApi }, { kindsOf }]) =>
        openStormApi({
          ...taskNeeds,
          kinds: kindsOf(taskNeeds),
          status: async () =>
            (await import("./status/status.ts")).readStatus(aboutStatus(), up?.enrolled.host.id ?? null),
        }),
    );
    api.then((serve) => serve(bytes, caller)).catch((error: unknown) => bytes.destroy(error as Error));
  }

  /** Loaded after connecting: what it reads costs more than that. */
  function openStatus(): Promise<StatusReporter> {
    return (status ??= import("./status/status.ts").then(({ openStatusReporter }) =>
      openStatusReporter({
        log,
        send: (frame) => up?.send(frame),
        ...aboutStatus(),
      }),
    ));
  }

  /** Loaded at the first stream: an agent that waits does without. */
  function openStreams(): Promise<Streams> {
    return (streams ??= import("./streams/streams.ts").then(({ createStreams }) =>
      createStreams({
        kinds: streamKinds,
        policy,
        identity,
        tickets,
        environment,
        log,
        ...(needs.streamsLinklessMs === undefined ? {} : { linklessMs: needs.streamsLinklessMs }),
      }),
    ));
  }

  function unexpected(error: unknown): void {
    const { code, message } = failureOf(error);
    log.error("agent.unexpected", { code, message });
    const known = isFailureCode(code) && code in failures ? code : "server.internal";
    up?.send({ type: "problem", code: known, message: message.slice(0, 4096) });
  }
}
