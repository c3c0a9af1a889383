/**
 * The list of minions for N hosts with the status of the sample: GET and HEAD, one and all, at 1 and 16 callers, over
 * the plain listener, in the spacing of the original. The original's figures are those of the reference (7.3, 22 and 23),
 * measured on a machine like this one.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort, serverProcess, type ServerProcess } from "@atalaya/testkit";
import { benchChild, type Child } from "./child.ts";
import { cpuMsOf, rssOf } from "./measure.ts";
import type { MinionsOrder } from "./minions-crowd.child.ts";

export const question = "How many times a second can the list of minions, one of them, and their digests be asked for?";
export const options = {
  hosts: "how many hosts, with commas (100,1000)",
  seconds: "how long each question is asked (1.5)",
  rest: "seconds that nobody asks for before memory and CPU of the idle server are read, at the most hosts (150)",
};
export const targets = {
  "at1000.ratio.get": { atLeast: 100 },
  // The same at any number of hosts, but for noise.
  "headAgain.ratio": { atLeast: 0.6 },
};

/** Requests a second, the best of 1 and 16 callers. */
const ORIGINAL: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  100: { get: 34, head: 2_297, getOne: 2_919, headOne: 3_391 },
  1000: { get: 1.6, head: 376, getOne: 887, headOne: 1_326 },
};
const CALLERS = [1, 16] as const;
const PATIENCE_MS = 600_000;
const WATCH_MS = 10_000;

export interface MinionsOptions {
  readonly hosts?: string | number;
  readonly seconds?: number;
  readonly rest?: number;
}

export async function run({ hosts = "100,1000", seconds = 1.5, rest = 150 }: MinionsOptions = {}): Promise<object> {
  const counts = String(hosts)
    .split(",")
    .map(Number)
    .toSorted((a, b) => a - b);
  const folder = mkdtempSync(join(tmpdir(), "atalaya-minions-"));
  const port = await freePort();
  await using server = await serverProcess({
    data: join(folder, "server"),
    env: {
      ATALAYA_TOWER_LISTEN: `127.0.0.1:${port}`,
      ATALAYA_LINK_HANDSHAKES_PER_SECOND: "100000",
      ATALAYA_LINK_HANDSHAKES_UNDER_WAY: "10000",
      ATALAYA_VISITORS_PER_ADDRESS: "100000",
    },
  });
  using crowd = benchChild<MinionsOrder>("./minions-crowd.child.ts");
  try {
    const found: Record<string, Figures> = {};
    let from = 0;
    for (const count of counts) {
      await grow({ server, crowd, port, from, to: count });
      from = count;
      found[`at${count}`] = await figuresAt(count, { server, port, seconds });
    }
    // V8 gives back what thousands of enrolments left behind when it has been quiet for 100 s, and the list of bytes goes after 60.
    await pause(rest * 1_000);
    const rested = { hosts: from, ...(await idleOf(server.process.pid)) };
    const heads = counts.map((count) => found[`at${count}`]!.rps.head);
    return { ...found, rested, headAgain: { ratio: Math.min(...heads.slice(1), heads[0]!) / heads[0]! } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Figures {
  readonly rps: { readonly get: number; readonly head: number; readonly getOne: number; readonly headOne: number };
}

async function grow(needs: {
  readonly server: ServerProcess;
  readonly crowd: Child<MinionsOrder>;
  readonly port: number;
  readonly from: number;
  readonly to: number;
}): Promise<void> {
  const { server, crowd, port, from, to } = needs;
  const { host, port: door, ca } = server;
  const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", { uses: to - from });
  await crowd.order({ do: "enrol", host, port: door, ca, token: body.token, from, count: to - from });
  await crowd.order({ do: "connect", host, port: door });
  for (const began = Date.now(); Date.now() - began < PATIENCE_MS; await pause(500)) {
    const { text } = await askOnce(port, "GET", "/minions?fields=id");
    if ((JSON.parse(text) as readonly unknown[]).length === to) return;
  }
  throw new Error(`not all of ${to} hosts became ready`);
}

async function figuresAt(
  count: number,
  { server, port, seconds }: { readonly server: ServerProcess; readonly port: number; readonly seconds: number },
) {
  const { pid } = server.process;
  const [first] = JSON.parse((await askOnce(port, "GET", "/minions?fields=id&limit=1")).text) as readonly {
    id: string;
  }[];
  const questions = {
    get: ["GET", "/minions"],
    head: ["HEAD", "/minions"],
    getOne: ["GET", `/minions/${first!.id}`],
    headOne: ["HEAD", `/minions/${first!.id}`],
  } as const;
  const { text } = await askOnce(port, "GET", "/minions");
  // Settled: what came with the links has been written.
  await pause(2_000);
  const settled = await idleOf(pid);
  const callers: Record<string, Record<string, number>> = {};
  for (const number of CALLERS) {
    callers[`callers${number}`] = Object.fromEntries(
      await inOrder(Object.entries(questions), async ([name, [method, path]]) => [
        name,
        await requestsPerSecond({ port, method, path, callers: number, ms: seconds * 1_000 }),
      ]),
    );
  }
  const best = (name: keyof typeof questions): number =>
    Math.max(...Object.values(callers).map((figures) => figures[name] ?? 0));
  const rps = { get: best("get"), head: best("head"), getOne: best("getOne"), headOne: best("headOne") };
  const original = ORIGINAL[count];
  return {
    bytes: text.length,
    settled,
    ...callers,
    rps,
    ...(original === undefined
      ? {}
      : {
          original,
          ratio: Object.fromEntries(Object.entries(rps).map(([name, value]) => [name, round(value / original[name]!)])),
        }),
  };
}

async function idleOf(pid: number): Promise<{ readonly rssMiB: number; readonly cpuPercent: number }> {
  const [cpuBefore, began] = [cpuMsOf(pid), performance.now()];
  await pause(WATCH_MS);
  return {
    rssMiB: round(rssOf(pid) / 2 ** 20),
    cpuPercent: round((100 * (cpuMsOf(pid) - cpuBefore)) / (performance.now() - began)),
  };
}

async function inOrder<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}

/** So many callers, each asking again when it has its answer. */
async function requestsPerSecond(needs: {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly callers: number;
  readonly ms: number;
}): Promise<number> {
  const { port, method, path, callers, ms } = needs;
  const wires = await Promise.all(Array.from({ length: callers }, () => wire(port)));
  await Promise.all(wires.map((one) => one.ask(method, path)));
  let answers = 0;
  const began = performance.now();
  await Promise.all(
    wires.map(async (one) => {
      while (performance.now() - began < ms) {
        await one.ask(method, path);
        answers += 1;
      }
    }),
  );
  const perSecond = answers / ((performance.now() - began) / 1_000);
  for (const one of wires) one.end();
  return round(perSecond);
}

async function askOnce(port: number, method: string, path: string): Promise<{ readonly text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return { text: await answer.text() };
}

/** HTTP/1.1 as cheap as it can be, so that the caller takes little of the machine: answers are counted, not kept. */
async function wire(port: number) {
  const socket: Socket = await new Promise((resolve, reject) => {
    const one = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(one));
    one.once("error", reject);
  });
  let head = "";
  let left = -1;
  let isHead = false;
  let done: () => void = () => undefined;
  let failed: (cause: Error) => void = () => undefined;
  socket.on("close", () => failed(new Error("the connection was closed")));
  socket.on("data", (chunk: Buffer) => {
    let from = 0;
    if (left < 0) {
      head += chunk.toString("latin1", 0, Math.min(chunk.length, 4_096));
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!head.startsWith("HTTP/1.1 200")) return failed(new Error(head.split("\r\n")[0]));
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
      if (!Number.isSafeInteger(length)) return failed(new Error("an answer without its length"));
      left = isHead ? 0 : length;
      from = end + 4;
    }
    left -= chunk.length - from;
    if (left > 0) return;
    head = "";
    left = -1;
    done();
  });
  return {
    ask(method: string, path: string): Promise<void> {
      isHead = method === "HEAD";
      return new Promise((resolve, reject) => {
        done = resolve;
        failed = reject;
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      });
    },
    end: () => socket.destroy(),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
