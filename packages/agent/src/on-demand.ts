/**
 * What an agent has only when it is asked for, or when there is a link: most agents wait, and what is not loaded costs
 * nothing. Each part is loaded once.
 */
import type { Duplex } from "node:stream";
import { join } from "node:path";
import { MONITOR, RELAY, STATUS, TERMINAL, type ServerFrame } from "@atalaya/protocol";
import type { Tools } from "./capabilities/exec/wrapper.ts";
import type { Monitor } from "./capabilities/monitor/monitor.ts";
import type { IdentityFiles } from "./enrol/identity.ts";
import type { LazySupervisor } from "./instances/lazy.ts";
import { isLoopback, parseAddress, showAddress, type Address } from "./link/addresses.ts";
import type { Up } from "./link/link.ts";
import type { Environment } from "./link/proxy.ts";
import type { Strategy } from "./link/servers.ts";
import type { SessionTickets } from "./link/session-tickets.ts";
import type { MarcoPolo } from "./marcopolo/index.ts";
import type { Log } from "./platform/log.ts";
import type { PolicyFile } from "./policy/policy-file.ts";
import type { OwnState } from "./status/own.ts";
import type { StatusReporter } from "./status/reporter.ts";
import type { ApiCaller } from "./storm-api/deeds.ts";
import type { openStormApi, StormApiNeeds } from "./storm-api/open.ts";
import type { StreamKind, Streams } from "./streams/streams.ts";
import { VERSION } from "./version.ts";
import type { Waypoint, WaypointSettings } from "./waypoint/waypoint.ts";

export interface OnDemandNeeds {
  readonly data: string;
  /** Of this process of the agent. */
  readonly nonce: string;
  readonly identity: IdentityFiles;
  readonly policy: PolicyFile;
  readonly tickets: SessionTickets;
  readonly tools: Partial<Tools>;
  readonly instances: LazySupervisor;
  readonly environment: Environment;
  readonly log: Log;
  readonly servers: readonly Address[] | undefined;
  readonly strategy: Strategy | undefined;
  readonly waypoint: WaypointSettings | undefined;
  readonly onWaypoint: ((problem: string | undefined) => void) | undefined;
  /** Beside those that every agent has. */
  readonly streamKinds: Readonly<Record<string, StreamKind>> | undefined;
  readonly streamsLinklessMs: number | undefined;
  readonly tasks: Omit<StormApiNeeds, "kinds" | "status">;
  /** The link of the moment. */
  link(): Up | undefined;
  /** All that this agent can do. */
  capabilities(): readonly string[];
  unexpected(error: unknown): void;
}

type Frame<Type extends ServerFrame["type"]> = Extract<ServerFrame, { readonly type: Type }>;

export interface OnDemand {
  /** What of it is asked for by name. */
  readonly capabilities: readonly string[];
  linkUp(): void;
  /** The runs are told of, and there is time for the rest. */
  ready(link: Up): void;
  linkDown(): void;
  /** The server lets this host in no more: whoever it carries is cut. */
  barred(): void;
  wantStatus(frame: Frame<"want-status">): void;
  watch(frame: Frame<"monitor">): void;
  openStream(frame: Frame<"open-stream">, link: Up): void;
  /** Neighbours are told of a service that a deployment brought. */
  registered(service: Parameters<MarcoPolo["registered"]>[0]): void;
  close(): Promise<void>;
}

export function partsOnDemand(needs: OnDemandNeeds): OnDemand {
  const { data, nonce, identity, policy, tickets, tools, instances, environment, log, servers, link, unexpected } =
    needs;
  const kinds: Readonly<Record<string, StreamKind>> = {
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

  return {
    capabilities: [...Object.keys(kinds), MONITOR, STATUS],
    linkUp: () => void streams?.then((room) => room.linkUp()),
    ready(up) {
      void openStatus().then((room) => link() === up && room.up(), unexpected);
      if (needs.waypoint !== undefined) void carryOthers(needs.waypoint, up).catch(unexpected);
      discovery ??= isLoopback(up.address) ? undefined : answerNeighbours();
    },
    linkDown() {
      void streams?.then((room) => room.linkDown());
      void monitor?.then((room) => room.down());
      void status?.then((room) => room.down());
      void waypoint?.then((room) => room.down());
    },
    barred: () => void waypoint?.then((room) => room.cut()),
    wantStatus: ({ parts }) => void openStatus().then((room) => room.wanted(parts), unexpected),
    watch: (frame) =>
      void openMonitor()
        .then((room) => room.wanted(frame))
        .catch(unexpected),
    openStream: (frame, up) =>
      void openStreams()
        .then((room) => room.open(frame, up))
        .catch(unexpected),
    registered: (service) => void discovery?.then((room) => room.registered(service)),
    async close() {
      (await streams)?.close();
      (await monitor)?.down();
      (await status)?.[Symbol.dispose]();
      (await waypoint)?.[Symbol.dispose]();
      const neighbours = await discovery;
      discovery = undefined;
      await neighbours?.[Symbol.asyncDispose]();
    },
  };

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
  async function carryOthers(settings: WaypointSettings, own: Up): Promise<void> {
    waypoint ??= import("./waypoint/waypoint.ts").then(({ createWaypoint }) =>
      createWaypoint({
        settings,
        folder: join(data, "waypoint"),
        environment,
        log,
        told: (problem) => needs.onWaypoint?.(problem),
        servers: () => [...(servers ?? []), ...(link()?.enrolled.servers ?? []).map(parseAddress)],
      }),
    );
    const [room, key] = await Promise.all([waypoint, identity.keyPem()]);
    carrying = room;
    if (link() === own) await room.up({ address: own.address, enrolled: own.enrolled, key });
  }

  /** Loaded when the server wants it, after connecting. */
  function openMonitor(): Promise<Monitor> {
    return (monitor ??= Promise.all([
      import("./capabilities/monitor/monitor.ts"),
      import("./capabilities/monitor/sampler.ts"),
    ]).then(([{ createMonitor }, { createSampler }]) =>
      createMonitor({ sampler: createSampler(), log, send: (frame) => link()?.send(frame), random: Math.random }),
    ));
  }

  function aboutStatus() {
    const state = (): OwnState => ({
      instance: nonce,
      enrolment: link()?.enrolled.enrolment,
      servers: servers?.map(showAddress) ?? link()?.enrolled.servers ?? [],
      uplink: link()?.address,
      heartbeatMs: link()?.welcome.heartbeatMs,
      data,
      capabilities: needs.capabilities(),
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
          ...needs.tasks,
          kinds: kindsOf(needs.tasks),
          status: async () =>
            (await import("./status/status.ts")).readStatus(aboutStatus(), link()?.enrolled.host.id ?? null),
        }),
    );
    api.then((serve) => serve(bytes, caller)).catch((error: unknown) => bytes.destroy(error as Error));
  }

  /** Loaded after connecting: what it reads costs more than that. */
  function openStatus(): Promise<StatusReporter> {
    return (status ??= import("./status/status.ts").then(({ openStatusReporter }) =>
      openStatusReporter({
        log,
        send: (frame) => link()?.send(frame),
        ...aboutStatus(),
      }),
    ));
  }

  /** Loaded at the first stream: an agent that waits does without. */
  function openStreams(): Promise<Streams> {
    return (streams ??= import("./streams/streams.ts").then(({ createStreams }) =>
      createStreams({
        kinds,
        policy,
        identity,
        tickets,
        environment,
        log,
        ...(needs.streamsLinklessMs === undefined ? {} : { linklessMs: needs.streamsLinklessMs }),
      }),
    ));
  }
}
