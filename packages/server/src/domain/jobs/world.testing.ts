/** A small world for tests: hosts with agents that keep a spool and never execute anything twice, and links that break. */
import type { AgentFrame, OutputFrame, ResumeEntry, ServerFrame, SpoolEntry, Start } from "@atalaya/protocol";
import { AtalayaError, exec, parseServerFrame } from "@atalaya/protocol";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor } from "../../api/actor.ts";
import { createLocalBus, type Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { silentLog, type Log } from "../../platform/log/index.ts";
import { openSegments } from "../../platform/segments/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { createAccounts, type AccountsNeeds } from "../accounts/index.ts";
import type { DirectoryHost, HostGone } from "../fleet/index.ts";
import type { Link, LinkListener, Links, RunFrame } from "../link/index.ts";
import { createJobs, type JobsRoom, type JobsRoomNeeds } from "./index.ts";

export const admin: Actor = {
  name: "local",
  permissions: new Set(["job.create", "job.read", "job.read-all", "account.choose"]),
};
export const key = Buffer.alloc(32, 1);

export interface HandClock extends Clock {
  advance(ms: number): void;
}

export function handClock(start = 1_700_000_000_000): HandClock {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  return {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return { [Symbol.dispose]: () => timers.delete(timer) };
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) if (timers.delete(timer)) timer.act();
    },
  };
}

interface SpooledRun {
  phase: SpoolEntry["phase"];
  readonly start: Start;
  handle: number;
  readonly output: { readonly stream: "stdout" | "stderr"; readonly bytes: Buffer }[];
  result?: Extract<AgentFrame, { type: "result" }>;
}

/** An agent as the protocol wants it: its spool outlives links, and a run it has known is never begun again. */
export interface FakeAgent {
  readonly host: DirectoryHost;
  readonly spool: Map<string, SpooledRun>;
  /** How often each run was begun, by its id: must never be 2. */
  readonly begun: Map<string, number>;
  readonly frames: ServerFrame[];
  /** The key of the host it is known under: its own, or of the one that was merged with it. */
  at: number;
  link: (Link & { readonly paused: () => boolean }) | undefined;
  connect(options?: {
    readonly system?: number;
    readonly kind?: "live" | "os";
    readonly capabilities?: readonly string[];
  }): Promise<void>;
  cut(): void;
  accept(run: string): void;
  running(run: string): void;
  print(run: string, text: string, stream?: "stdout" | "stderr"): void;
  finish(run: string, state?: "succeeded" | "failed" | "timed-out" | "cancelled" | "refused" | "lost"): void;
  /** Says its result again, as after a lost acknowledgement. */
  repeat(run: string): void;
  say(frame: RunFrame): void;
}

export interface World extends AsyncDisposable {
  readonly room: JobsRoom;
  readonly agents: readonly FakeAgent[];
  readonly clock: HandClock;
  readonly bus: Bus;
  /** The host is forgotten, or merged into another. */
  forget(agent: FakeAgent, into?: FakeAgent): void;
  /** Its enrolment, its only one, is revoked. */
  revoke(agent: FakeAgent): void;
  /** As by `kill -9`: what was not committed is gone, all links break. Then the server starts again. */
  killServer(): Promise<void>;
  /** Resolves when starts were sent and all that was said is committed. */
  quiet(): Promise<void>;
}

export type WorldOptions = Partial<
  Pick<JobsRoomNeeds, "guard" | "retention" | "capabilities" | "blobs" | "alsoNamed">
> & {
  readonly log?: Log;
  readonly accounts?: AccountsNeeds["rules"];
  readonly hosts?: number;
  readonly labels?: (index: number) => Readonly<Record<string, string>>;
  readonly place?: (index: number) => readonly string[];
  /** No agent of ours was ever there: a bolt is all there is. */
  readonly boltOnly?: (index: number) => boolean;
  readonly segmentBytes?: number;
  /** Agents accept what they are sent, and finish it with success, by themselves. */
  readonly diligent?: boolean;
};

export async function openWorld(store: Store, options: WorldOptions = {}): Promise<World> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-jobs-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = handClock();
  const bus = createLocalBus({ clock });
  const listeners = new Set<LinkListener>();
  const links = new Map<number, Link>();
  const systems = new Map<number, number>();
  const gone = new Set<(gone: HostGone) => void>();
  const barred = new Set<(host: number) => void>();
  const hosts = Array.from({ length: options.hosts ?? 3 }, (_, i) => hostOf(i, options));
  const door: Links = {
    of: (host) => links.get(host),
    get size() {
      return links.size;
    },
    attach(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
  };
  const agents = hosts.map((host) => fakeAgent(host, { links, listeners, clock, diligent: options.diligent === true }));

  let alive = mortal(store);
  let segments = await openSegments(folder, {
    clock,
    log: silentLog,
    ...(options.segmentBytes === undefined ? {} : { maxBytes: options.segmentBytes }),
  });
  const resolve = async (selector: string) => ({
    hosts: selector === "all" ? hosts : hosts.filter((host) => selector.split(",").includes(host.name)),
    selector,
  });
  const open = () =>
    createJobs({
      store: alive.store,
      segments: store.engine === "sqlite" ? segments : undefined,
      bus,
      clock,
      log: options.log ?? silentLog,
      fleet: {
        resolve,
        byKey: (host) => hosts[host - 1],
        async host(name) {
          const found = hosts.find(({ id, name: own }) => id === name || own === name);
          if (found === undefined) throw new AtalayaError("host.unknown", `There is no host ${name}.`);
          return found;
        },
        hostOfSystem: (system) => systems.get(system),
        onGone(listener) {
          gone.add(listener);
          return { [Symbol.dispose]: () => gone.delete(listener) };
        },
        onBarred(listener) {
          barred.add(listener);
          return { [Symbol.dispose]: () => barred.delete(listener) };
        },
      },
      links: door,
      accounts: createAccounts({
        rules: options.accounts ?? [{ group: "*", account: "{account}" }],
        fleet: { resolve },
      }),
      capabilities: options.capabilities ?? [exec],
      signTickets: () => new Uint8Array(64),
      key,
      ...(options.blobs === undefined ? {} : { blobs: options.blobs }),
      ...(options.alsoNamed === undefined ? {} : { alsoNamed: options.alsoNamed }),
      ...(options.guard === undefined ? {} : { guard: options.guard }),
      ...(options.retention === undefined ? {} : { retention: options.retention }),
    });
  let room = await open();
  undo.defer(async () => {
    await room[Symbol.asyncDispose]();
    await segments[Symbol.asyncDispose]();
  });

  const owned = undo.move();
  return {
    get room() {
      return room;
    },
    agents,
    clock,
    bus,
    forget(agent, into) {
      const host = agent.host.key;
      if (into !== undefined) systems.set(host, into.host.key);
      gone.forEach((tell) => tell({ host, enrolments: [], ...(into === undefined ? {} : { into: into.host.key }) }));
      agent.cut();
      if (into !== undefined) agent.at = into.host.key;
    },
    revoke(agent) {
      const { key } = agent.host;
      agent.cut();
      hosts[key - 1] = { ...agent.host, state: "offline", isBarred: true };
      barred.forEach((tell) => tell(key));
    },
    async killServer() {
      alive.kill();
      for (const agent of agents) agent.cut();
      await room[Symbol.asyncDispose]();
      await segments[Symbol.asyncDispose]();
      alive = mortal(store);
      segments = await openSegments(folder, { clock, log: silentLog });
      room = await open();
    },
    async quiet() {
      // Starts leave, answers come, answers are committed; each of these may cause the next.
      for (let turns = 0; turns < 4; turns += 1) {
        for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
        await room.settled();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function hostOf(index: number, { labels, place, boltOnly }: WorldOptions): DirectoryHost {
  return {
    key: index + 1,
    id: `host_${String(index + 1).padStart(12, "0")}`,
    name: `pc${index + 1}`,
    place: place?.(index) ?? ["site", "aula-1"],
    labels: labels?.(index) ?? {},
    facts: {},
    state: "online",
    isBarred: false,
    addresses: [],
    capabilities: ["exec"],
    doors:
      boltOnly?.(index) === true
        ? [{ kind: "bolt", name: `bolt-${index}`, online: true, address: "192.0.2.1", lastSeenAt: 0 }]
        : [],
    revision: 1,
  };
}

/** A store that can die: after `kill` nothing is committed any more. */
function mortal(store: Store) {
  let dead = false;
  const dies = () => {
    if (dead) throw new Error("the server was killed");
  };
  /** A change that asks nothing is done or not: whoever dies meanwhile does not hear of it. */
  const alive = async <T>(change: () => Promise<T>): Promise<T> => {
    dies();
    const result = await change();
    dies();
    return result;
  };
  return {
    kill: () => void (dead = true),
    store: {
      ...store,
      tables<Schema>() {
        const tables = store.tables<Schema>();
        return {
          ...tables,
          write: (change: Parameters<typeof tables.write>[0]) =>
            tables.write(async (tx) => {
              dies();
              const result = await change(tx);
              dies();
              return result;
            }),
          writeOne: (...of: Parameters<typeof tables.writeOne>) => alive(() => tables.writeOne(...of)),
          writeStamped: (...of: Parameters<typeof tables.writeStamped>) => alive(() => tables.writeStamped(...of)),
        };
      },
    } as Store,
  };
}

interface AgentWorld {
  readonly links: Map<number, Link>;
  readonly listeners: ReadonlySet<LinkListener>;
  readonly clock: Clock;
  readonly diligent: boolean;
}

function fakeAgent(host: DirectoryHost, { links, listeners, clock, diligent }: AgentWorld): FakeAgent {
  let epoch = 0;
  const each = (tell: (listener: LinkListener) => void) => listeners.forEach(tell);

  function sendOutput(run: SpooledRun, sequence: number): void {
    const chunk = run.output[sequence - 1]!;
    const frame: OutputFrame = { handle: run.handle, sequence, stream: chunk.stream, bytes: Buffer.from(chunk.bytes) };
    if (agent.link !== undefined) each((listener) => listener.output?.(agent.link!, frame));
  }

  function begin(start: Start): void {
    const known = agent.spool.get(start.run);
    if (known !== undefined || agent.begun.has(start.run)) return;
    agent.spool.set(start.run, { phase: "accepted", start, handle: start.handle, output: [] });
    agent.begun.set(start.run, 1);
    if (!diligent) return;
    agent.accept(start.run);
    agent.finish(start.run);
  }

  function end(run: string): void {
    const spooled = agent.spool.get(run);
    if (spooled !== undefined && spooled.phase !== "finished") agent.finish(run, "cancelled");
  }

  function obey(frame: ServerFrame): void {
    agent.frames.push(frame);
    if (frame.type === "start") begin(frame);
    else if (frame.type === "cancel") end(frame.run);
    else if (frame.type === "settled") for (const run of frame.runs) agent.spool.delete(run);
  }

  function goOn({ run, verdict, handle, through }: ResumeEntry): void {
    const spooled = agent.spool.get(run);
    if (spooled === undefined) return;
    if (verdict === "settled" || verdict === "unknown") {
      agent.spool.delete(run);
      return;
    }
    spooled.handle = handle;
    for (let sequence = through + 1; sequence <= spooled.output.length; sequence += 1) sendOutput(spooled, sequence);
    if (spooled.result !== undefined) agent.say(spooled.result);
    if (verdict === "cancel") end(run);
  }

  const agent: FakeAgent = {
    host,
    spool: new Map(),
    begun: new Map(),
    frames: [],
    at: host.key,
    link: undefined,
    async connect({ system = host.key, kind = "os", capabilities = ["exec"] } = {}) {
      agent.cut();
      epoch += 1;
      let paused = false;
      const link: NonNullable<FakeAgent["link"]> = {
        host: agent.at,
        system,
        enrolment: `enr_${host.key}`,
        epoch,
        kind,
        capabilities: new Set(capabilities),
        get writable() {
          return agent.link === link;
        },
        send(frame) {
          if (agent.link !== link) return false;
          // As over a socket: never within the sender's call.
          queueMicrotask(() => agent.link === link && obey(frame));
          return true;
        },
        // Parsed as an agent does.
        write: (text) => link.send(parseServerFrame(text)),
        pause: () => void (paused = true),
        resume: () => void (paused = false),
        paused: () => paused,
      };
      const spool = [...agent.spool].map(([run, { phase, output }]) => ({ run, phase, lastSequence: output.length }));
      const answers = await Promise.all([...listeners].flatMap((listener) => listener.resume?.(link, spool) ?? []));
      agent.link = link;
      links.set(agent.at, link);
      for (const entry of answers.flat()) goOn(entry);
      each((listener) => listener.up(link));
    },
    cut() {
      const { link } = agent;
      if (link === undefined) return;
      agent.link = undefined;
      links.delete(agent.at);
      each((listener) => listener.down(link, "closed"));
    },
    accept(run) {
      agent.say({ type: "accepted", run });
    },
    running(run) {
      const spooled = agent.spool.get(run)!;
      if (spooled.phase === "accepted") spooled.phase = "running";
      agent.say({ type: "running", run, startedAt: clock.now() });
    },
    print(run, text, stream = "stdout") {
      const spooled = agent.spool.get(run)!;
      spooled.output.push({ stream, bytes: Buffer.from(text) });
      sendOutput(spooled, spooled.output.length);
    },
    finish(run, state = "succeeded") {
      const spooled = agent.spool.get(run)!;
      spooled.phase = "finished";
      spooled.result = {
        type: "result",
        run,
        state,
        lastSequence: spooled.output.length,
        durationMs: 5,
        ...(state === "succeeded" || state === "failed" ? { result: { exitCode: state === "failed" ? 1 : 0 } } : {}),
      };
      agent.say(spooled.result);
    },
    repeat(run) {
      const result = agent.spool.get(run)?.result;
      if (result !== undefined) agent.say(result);
    },
    say(frame) {
      const { link } = agent;
      if (link !== undefined) each((listener) => listener.frame?.(link, frame));
    },
  };
  return agent;
}

export function echo(overrides: Readonly<Record<string, unknown>> = {}) {
  return {
    selector: "all",
    capability: "exec",
    request: { command: { kind: "program", program: "true" } },
    ...overrides,
  } as {
    selector: string;
    capability: string;
    request: unknown;
  };
}
