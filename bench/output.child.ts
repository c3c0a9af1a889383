/** One measurement of `output.ts` in a process of its own, so that its memory is its own. */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exec, signedBytes, type ServerFrame } from "@atalaya/protocol";
import { Client } from "pg";
import type { DirectoryHost } from "../packages/server/src/domain/fleet/index.ts";
import { createJobs } from "../packages/server/src/domain/jobs/index.ts";
import type { Link, LinkListener } from "../packages/server/src/domain/link/index.ts";
import { migrations } from "../packages/server/src/migrations/index.ts";
import { createLocalBus } from "../packages/server/src/platform/bus/index.ts";
import { systemClock as clock } from "../packages/server/src/platform/clock.ts";
import { silentLog as log } from "../packages/server/src/platform/log/index.ts";
import { openSegments } from "../packages/server/src/platform/segments/index.ts";
import { openStore, type StoreSettings } from "../packages/server/src/platform/store/index.ts";
import { takeOrders } from "./orders.ts";

interface Amount {
  /** Of all chunks together. */
  readonly bytes: number;
  readonly chunkBytes: number;
}

export type OutputOrder = Amount &
  (
    | { readonly do: "ledger"; readonly store: StoreSettings; readonly folder: string }
    /** Appends to one file, made durable whenever so many bytes came together. */
    | { readonly do: "appends"; readonly folder: string; readonly groupBytes: number }
    /** Inserts rows, so many bytes a transaction. */
    | { readonly do: "inserts"; readonly url: string; readonly rowBytes: number; readonly groupBytes: number }
  );

export interface Measured {
  readonly ms: number;
  readonly cpuMs: number;
  /** The most it ever had resident (VmHWM of proc(5)), and what of that came with the output. */
  readonly peakRssBytes: number;
  readonly grownBytes: number;
}

/** As text that programs print: neither all alike nor noise. */
const printed = Buffer.from(randomBytes(2 * 1024 * 1024).toString("hex"));

/** Fresh memory each time, as what comes from the wire. */
function* chunksOf({ bytes, chunkBytes }: Amount): Generator<Buffer> {
  for (let done = 0; done < bytes; done += chunkBytes) {
    const from = (done * 7) % (printed.length - chunkBytes);
    yield Buffer.from(printed.subarray(from, from + Math.min(chunkBytes, bytes - done)));
  }
}

async function obey(order: OutputOrder): Promise<Measured> {
  const act =
    order.do === "ledger" ? await ledger(order) : order.do === "appends" ? await appends(order) : await inserts(order);
  const before = await memory("VmRSS");
  const cpu = process.cpuUsage();
  const began = performance.now();
  await act();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const peakRssBytes = await memory("VmHWM");
  return { ms, cpuMs: (user + system) / 1000, peakRssBytes, grownBytes: peakRssBytes - before };
}

async function memory(name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

async function ledger(order: OutputOrder & { readonly do: "ledger" }): Promise<() => Promise<void>> {
  const store = await openStore(order.store, { clock, log, migrations });
  const segments =
    store.engine === "sqlite" ? await openSegments(join(order.folder, "output"), { clock, log }) : undefined;
  const host: DirectoryHost = {
    key: 1,
    id: "host_000000000001",
    name: "chatty",
    place: [],
    labels: {},
    facts: {},
    state: "online",
    isBarred: false,
    addresses: [],
    capabilities: ["exec"],
    doors: [],
    revision: 1,
  };
  const { privateKey } = generateKeyPairSync("ed25519");
  const agent = chattyAgent(order);
  const room = await createJobs({
    store,
    segments,
    bus: createLocalBus({ clock }),
    clock,
    log,
    fleet: {
      resolve: async (selector) => ({ hosts: [host], selector }),
      byKey: () => host,
      host: async () => host,
      hostOfSystem: (system) => system,
      onGone: () => ({ [Symbol.dispose]() {} }),
      onBarred: () => ({ [Symbol.dispose]() {} }),
    },
    links: agent.links,
    accounts: { accountFor: async () => ({ mapped: false }) },
    capabilities: [exec],
    signTickets: (root) => sign(null, signedBytes(root), privateKey),
    key: randomBytes(32),
  });
  return async () => {
    const actor = { name: "bench", permissions: new Set(["job.create", "job.read", "account.choose"] as const) };
    const job = await room.jobs.create(
      { selector: "all", capability: "exec", request: { command: { kind: "program", program: "/bin/true" } } },
      actor,
    );
    await agent.settled;
    const run = await room.jobs.run(job.runs[0]!.id, actor);
    if (run.state !== "succeeded" || run.outputBytes !== order.bytes)
      throw new Error(`not all was committed: ${JSON.stringify(run)}`);
  };
}

/** Prints as fast as its link is read, and settles when the ledger has committed its end. */
function chattyAgent(amount: Amount) {
  const settled = Promise.withResolvers<void>();
  let listener: LinkListener | undefined;
  let readable = Promise.withResolvers<void>();
  readable.resolve();
  const link: Link = {
    host: 1,
    system: 1,
    enrolment: "enr_1",
    epoch: 1,
    kind: "os",
    capabilities: new Set(["exec"]),
    writable: true,
    pause: () => void (readable = Promise.withResolvers()),
    resume: () => readable.resolve(),
    write: (text) => link.send(JSON.parse(text) as ServerFrame),
    send(frame: ServerFrame) {
      if (frame.type === "start") void print(frame.run, frame.handle).catch(settled.reject);
      if (frame.type === "settled") settled.resolve();
      return true;
    },
  };

  async function print(run: string, handle: number): Promise<void> {
    await nextTurn();
    listener?.frame?.(link, { type: "accepted", run });
    listener?.frame?.(link, { type: "running", run });
    let sequence = 0;
    for (const bytes of chunksOf(amount)) {
      sequence += 1;
      listener?.output?.(link, { handle, sequence, stream: "stdout", bytes });
      // A socket is read in turns too.
      await nextTurn();
      await readable.promise;
    }
    listener?.frame?.(link, {
      type: "result",
      run,
      state: "succeeded",
      lastSequence: sequence,
      durationMs: 1,
      result: { exitCode: 0 },
    });
  }

  return {
    settled: settled.promise,
    links: {
      of: () => link,
      size: 1,
      attach(attached: LinkListener) {
        listener = attached;
        return { [Symbol.dispose]: () => (listener = undefined) };
      },
    },
  };
}

async function appends(order: OutputOrder & { readonly do: "appends" }): Promise<() => Promise<void>> {
  const file = await open(join(order.folder, "bare"), "w");
  return async () => {
    let unsynced = 0;
    for (const chunk of chunksOf(order)) {
      await file.write(chunk);
      unsynced += chunk.length;
      if (unsynced < order.groupBytes) continue;
      await file.datasync();
      unsynced = 0;
    }
    await file.datasync();
    await file.close();
  };
}

async function inserts(order: OutputOrder & { readonly do: "inserts" }): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: order.url });
  await client.connect();
  await client.query(
    "create table bare (job bigint not null, host bigint not null, first bigint not null, bytes bytea not null, primary key (job, host, first))",
  );
  await client.query("alter table bare alter column bytes set storage external");
  const rows = Math.max(1, Math.round(order.groupBytes / order.rowBytes));
  const text = `insert into bare (job, host, first, bytes) values ${Array.from({ length: rows }, (_, i) => `(1, 1, $${i * 2 + 1}, $${i * 2 + 2})`).join(", ")}`;
  return async () => {
    let first = 0;
    let group: (number | Buffer)[] = [];
    for (const bytes of chunksOf({ bytes: order.bytes, chunkBytes: order.rowBytes })) {
      group.push(first, bytes);
      first += 1;
      if (group.length < rows * 2) continue;
      await client.query("begin");
      await client.query(text, group);
      await client.query("commit");
      group = [];
    }
    if (group.length > 0) throw new Error("the bytes must fill whole groups");
    await client.end();
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

takeOrders(obey);
