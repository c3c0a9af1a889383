/**
 * What a trivial run costs the ledger: created, sent with its ticket, accepted, ended, committed, acknowledged. Links are
 * functions in this process, so nothing here is TLS, WebSocket or JSON of frames; the store is SQLite with all its
 * durability. Beside it what the store alone takes to insert as many rows in one go. Rejected: one transaction a run
 * (an fsync each), one signature a run (30 µs each), one bound value a column (60 ms of compiling for 10,000 runs).
 */
import { randomBytes, sign, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec, signedBytes, type ServerFrame } from "@atalaya/protocol";
import { createJobs } from "../packages/server/src/domain/jobs/index.ts";
import type { DirectoryHost } from "../packages/server/src/domain/fleet/index.ts";
import type { Link, LinkListener } from "../packages/server/src/domain/link/index.ts";
import { migrations } from "../packages/server/src/migrations/index.ts";
import { createLocalBus } from "../packages/server/src/platform/bus/index.ts";
import { systemClock as clock } from "../packages/server/src/platform/clock.ts";
import { silentLog as log } from "../packages/server/src/platform/log/index.ts";
import { openSegments } from "../packages/server/src/platform/segments/index.ts";
import { openStore } from "../packages/server/src/platform/store/index.ts";
import { median } from "./measure.ts";

export const question = "What does a trivial run cost the ledger, all included but the wire?";

export const options = {
  runs: "how many hosts one job has (10000)",
  rounds: "how many jobs (5)",
  output: "bytes each run prints (0)",
};

/** Design 10 leaves about 100 µs of the server for a run, wire and TLS included. */
export const targets = { cpuMicrosARun: { atMost: 60 } };

export interface LedgerOptions {
  readonly runs?: number;
  readonly rounds?: number;
  readonly output?: number;
}

export async function run({ runs = 10_000, rounds = 5, output = 0 }: LedgerOptions = {}): Promise<object> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-bench-ledger-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const store = undo.use(await openStore({ engine: "sqlite", folder }, { clock, log, migrations }));
  const segments = undo.use(await openSegments(join(folder, "output"), { clock, log }));
  const hosts = Array.from({ length: runs }, (_, i) => hostNumber(i + 1));
  const { privateKey } = generateKeyPairSync("ed25519");
  const crowd = crowdOf(runs, output);
  const room = undo.use(
    await createJobs({
      store,
      segments,
      bus: createLocalBus({ clock }),
      clock,
      log,
      fleet: {
        resolve: async (selector) => ({ hosts, selector }),
        byKey: (key) => hosts[key - 1],
        host: async () => hosts[0]!,
        hostOfSystem: (system) => system,
        onGone: () => ({ [Symbol.dispose]() {} }),
        onBarred: () => ({ [Symbol.dispose]() {} }),
      },
      links: crowd.links,
      accounts: { accountFor: async () => ({ mapped: false }) },
      capabilities: [exec],
      signTickets: (root) => sign(null, signedBytes(root), privateKey),
      key: randomBytes(32),
    }),
  );
  const actor = { name: "bench", permissions: new Set(["job.create", "job.read", "account.choose"] as const) };
  const request = { command: { kind: "program", program: "/bin/true" } };
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const done = crowd.settled();
    const before = process.cpuUsage();
    const began = performance.now();
    const job = await room.jobs.create({ selector: "all", capability: "exec", request }, actor);
    await done;
    const wall = performance.now() - began;
    const { user, system } = process.cpuUsage(before);
    const { states } = await room.jobs.job(job.id, actor);
    if (states.succeeded !== runs) throw new Error(`the books do not balance: ${JSON.stringify(states)}`);
    // The first warms up.
    if (round === 0) continue;
    walls.push(wall);
    cpus.push(user + system);
  }
  return {
    runs,
    outputBytes: output,
    wallMs: Math.round(median(walls)),
    wallMicrosARun: Math.round((median(walls) * 10_000) / runs) / 10,
    cpuMicrosARun: Math.round((median(cpus) * 10) / runs) / 10,
  };
}

/** Agents that accept, run and end what they are sent, a turn later, all in this process. */
function crowdOf(count: number, outputBytes: number) {
  let listener: LinkListener | undefined;
  let left = 0;
  let all: (() => void) | undefined;
  const inbox: { readonly link: Link; readonly run: string; readonly handle: number }[] = [];
  const bytes = Buffer.alloc(outputBytes, 46);

  function answer(): void {
    for (const { link, run, handle } of inbox.splice(0)) {
      listener?.frame?.(link, { type: "accepted", run });
      listener?.frame?.(link, { type: "running", run });
      if (outputBytes > 0) listener?.output?.(link, { handle, sequence: 1, stream: "stdout", bytes });
      listener?.frame?.(link, {
        type: "result",
        run,
        state: "succeeded",
        lastSequence: outputBytes > 0 ? 1 : 0,
        durationMs: 1,
        result: { exitCode: 0 },
      });
    }
  }

  function obey(link: Link, frame: ServerFrame): boolean {
    if (frame.type === "start") {
      if (inbox.push({ link, run: frame.run, handle: frame.handle }) === 1) setImmediate(answer);
    } else if (frame.type === "settled") {
      left -= frame.runs.length;
      if (left === 0) all?.();
    }
    return true;
  }

  const capabilities = new Set(["exec"]);
  const links = new Map<number, Link>();
  for (let host = 1; host <= count; host += 1) {
    const link: Link = {
      host,
      system: host,
      enrolment: `enr_${host}`,
      epoch: 1,
      kind: "os",
      capabilities,
      writable: true,
      send: (frame) => obey(link, frame),
      write: (text) => obey(link, JSON.parse(text) as ServerFrame),
    };
    links.set(host, link);
  }
  return {
    links: {
      of: (host: number) => links.get(host),
      size: count,
      attach(attached: LinkListener) {
        listener = attached;
        return { [Symbol.dispose]: () => (listener = undefined) };
      },
    },
    settled() {
      left = count;
      return new Promise<void>((resolve) => (all = resolve));
    },
  };
}

function hostNumber(key: number): DirectoryHost {
  return {
    key,
    id: `host_${String(key).padStart(12, "0")}`,
    name: `pc-${String(key).padStart(5, "0")}`,
    place: ["site", `aula-${key % 100}`],
    labels: {},
    facts: {},
    state: "online",
    isBarred: false,
    addresses: [],
    capabilities: ["exec"],
    doors: [],
    revision: 1,
  };
}
