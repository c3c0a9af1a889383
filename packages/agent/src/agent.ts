/** The agent put together: state, spool, link and what they need of each other. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { failures, isFailureCode, LINK_VERSIONS, type Hello } from "@atalaya/protocol";
import { blobSource } from "./blob-source.ts";
import { variablesOf } from "./capabilities/environment/variables.ts";
import { openCgroups } from "./capabilities/exec/cgroups.ts";
import { findPump, type PumpProgram } from "./capabilities/exec/pump-program.ts";
import { findTools } from "./capabilities/exec/tools.ts";
import { readFingerprint, readSystem } from "./capabilities/inventory/fingerprint.ts";
import { sysfs } from "./capabilities/inventory/sysfs.ts";
import { keepFacts } from "./facts-reporter.ts";
import { openIdentity } from "./enrol/identity.ts";
import { lazySupervisor } from "./instances/lazy.ts";
import { keepLink, type LinkNeeds, type LinkState, type Up } from "./link/link.ts";
import { parseAddress, type Address } from "./link/addresses.ts";
import type { Backoff } from "./link/backoff.ts";
import type { Environment } from "./link/proxy.ts";
import type { Strategy } from "./link/servers.ts";
import { sessionTickets } from "./link/session-tickets.ts";
import { identityChanged } from "./identity-watch.ts";
import { bootClock } from "./platform/boot-clock.ts";
import { failureOf, type Log } from "./platform/log.ts";
import { partsOnDemand, type OnDemand } from "./on-demand.ts";
import { policyFile } from "./policy/policy-file.ts";
import { renewer } from "./renewer.ts";
import { lazyHandler } from "./runs/lazy-handler.ts";
import { createLaunchpad } from "./runs/launchpad.ts";
import { createRuns } from "./runs/runs.ts";
import { openSpool, type SpoolLimits } from "./spool/spool.ts";
import type { StreamKind } from "./streams/streams.ts";
import { taskHandlers } from "./tasks/lazy.ts";
import { VERSION } from "./version.ts";
import type { WaypointSettings } from "./waypoint/waypoint.ts";

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
  /** Told when the waypoint listens, or why it cannot. */
  readonly onWaypoint?: (problem: string | undefined) => void;
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
        serviceRegistered: (service) => demand.registered(service),
      });
    }),
  ];
  const tasks = { launchpad, log, data, instances, program: ownProgram(), runtime: process.execPath };
  handlers.push(...taskHandlers({ ...tasks, fetchBlob: (sha256, run, into) => blobs.fetch({ sha256, run, into }) }));
  const demand: OnDemand = partsOnDemand({
    data,
    nonce,
    identity,
    policy,
    tickets,
    tools,
    instances,
    environment,
    log,
    servers: needs.servers,
    strategy: needs.strategy,
    waypoint: needs.waypoint,
    onWaypoint: needs.onWaypoint,
    streamKinds: needs.streamKinds,
    streamsLinklessMs: needs.streamsLinklessMs,
    tasks,
    link: () => up,
    capabilities: () => capabilities,
    unexpected,
  });
  const capabilities = [...handlers.map(({ capability }) => capability), ...demand.capabilities];
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
    capabilities: [...capabilities],
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
          demand.linkUp();
          await runs.up(link.outlet, link.hello.spool, link.welcome.resume);
          if (link.welcome.wantFacts) void facts.report(true);
          facts.begin();
          renewal.begin(link.enrolled.certificate);
          demand.ready(link);
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
              return demand.wantStatus(frame);
            case "monitor":
              return demand.watch(frame);
            case "open-stream":
              return demand.openStream(frame, link);
          }
        },
        down() {
          up = undefined;
          demand.linkDown();
          runs.down();
        },
        barred: () => demand.barred(),
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
    await demand.close();
    await runs.close();
  }

  function unexpected(error: unknown): void {
    const { code, message } = failureOf(error);
    log.error("agent.unexpected", { code, message });
    const known = isFailureCode(code) && code in failures ? code : "server.internal";
    up?.send({ type: "problem", code: known, message: message.slice(0, 4096) });
  }
}
