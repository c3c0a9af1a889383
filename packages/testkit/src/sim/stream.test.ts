import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AtalayaError, type OpenStream } from "@atalaya/protocol";
import type { Clock } from "@atalaya/server/clock";
import { inProcessServer, type InProcessServer } from "../plane/plane.ts";
import { SimAgent } from "./agent.ts";
import { enrolSim } from "./identity.ts";
import { dialSimStream, type SimStream, type StreamAnswer } from "./stream.ts";

let server: InProcessServer;
let machines = 0;
beforeAll(async () => void (server = await inProcessServer()));
afterAll(() => server[Symbol.asyncDispose]());

const echo: StreamAnswer = { serve: ({ bytes }) => void bytes.pipe(bytes) };

/** A linked agent with streams of kind `echo`, and its host's key. */
async function host(onStream: (open: OpenStream) => StreamAnswer) {
  machines += 1;
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
  const identity = await enrolSim(server, { token: body.token, n: machines });
  const agent = new SimAgent({
    identity,
    host: server.host,
    port: server.port,
    behave: () => ({}),
    hello: { capabilities: ["exec", "echo"] },
    onStream,
  });
  await agent.connect();
  return { agent, identity, key: machines, [Symbol.dispose]: () => agent.wipe() };
}

/** The real time, which can be put forward. */
function leapingClock(): Clock & { leap(ms: number): void } {
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  return {
    now,
    after(ms, act) {
      const timer = {
        at: now() + ms,
        act() {
          end();
          act();
        },
      };
      const real = setTimeout(timer.act, ms);
      const end = (): void => {
        clearTimeout(real);
        timers.delete(timer);
      };
      timers.add(timer);
      return { [Symbol.dispose]: end };
    },
    leap(ms) {
      ahead += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now())) if (timers.has(timer)) timer.act();
    },
  };
}

const ask = { kind: "echo", request: {}, user: "test" };
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof AtalayaError ? error.code : String(error)),
  );
const ended = (bytes: NodeJS.EventEmitter): Promise<string> =>
  new Promise((resolve) =>
    bytes.once("error", (error: unknown) => resolve(error instanceof AtalayaError ? error.code : String(error))),
  );

describe("a stream", () => {
  test("carries bytes both ways, each direction ending by itself", async () => {
    const heard: Promise<Buffer>[] = [];
    using one = await host(() => ({
      serve({ bytes, lastWord }) {
        heard.push(buffer(bytes));
        bytes.once("end", () => {
          lastWord({ exitCode: 3 });
          bytes.end("goodbye");
        });
      },
    }));
    const stream = await server.plane.streams.open(one.key, ask);
    stream.bytes.end("hello");
    expect(await buffer(stream.bytes)).toEqual(Buffer.from("goodbye"));
    expect(await heard[0]).toEqual(Buffer.from("hello"));
    expect(stream.heard).toEqual({ exitCode: 3 });
    await expect.poll(() => server.plane.streams.size).toBe(0);
  });

  test("has 16 MB byte for byte both ways at once", async () => {
    using one = await host(() => echo);
    const stream = await server.plane.streams.open(one.key, ask);
    const sent = createHash("sha256");
    const back = createHash("sha256");
    const pieces = Array.from({ length: 40 }, () => randomBytes(409_600 + machines));
    for (const piece of pieces) sent.update(piece);
    await Promise.all([
      pipeline(Readable.from(pieces), stream.bytes, { end: true }),
      (async () => {
        for await (const part of stream.bytes as AsyncIterable<Buffer>) back.update(part);
      })(),
    ]);
    expect(back.digest("hex")).toBe(sent.digest("hex"));
  });

  test("says things beside its bytes", async () => {
    using one = await host(() => ({
      serve: () => undefined,
      said: (value, stream) => stream.say({ heard: value }),
    }));
    const said = Promise.withResolvers<unknown>();
    const stream = await server.plane.streams.open(one.key, { ...ask, said: said.resolve });
    expect(stream.say({ columns: 80 })).toBe(true);
    expect(await said.promise).toEqual({ heard: { columns: 80 } });
    stream.bytes.destroy();
  });

  test("slows down whoever writes to one who does not read, and holds little of it meanwhile", async () => {
    let theirs: SimStream | undefined;
    using one = await host(() => ({ serve: (stream) => void (theirs = stream) }));
    const stream = await server.plane.streams.open(one.key, ask);
    await expect.poll(() => theirs).toBeDefined();
    let written = 0;
    const piece = Buffer.alloc(64 * 1024);
    const write = async (): Promise<void> => {
      for (; written < 1024; written += 1) {
        if (!theirs!.bytes.write(piece)) await new Promise((resolve) => theirs!.bytes.once("drain", resolve));
      }
      theirs!.bytes.end();
    };
    const done = write();
    // It stands still once the buffers of two sockets are full: well before its 64 MB.
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = written === before && written > 0;
          before = written;
          return stands;
        },
        { interval: 300 },
      )
      .toBe(true);
    expect(written).toBeLessThan(512);
    expect(theirs!.socket.bufferedAmount).toBeLessThan(1024 * 1024);
    let read = 0;
    for await (const part of stream.bytes as AsyncIterable<Buffer>) read += part.length;
    await done;
    expect(read).toBe(64 * 1024 * 1024);
    stream.bytes.destroy();
  });

  test("that is destroyed with a failure tells the other end its code, both ways", async () => {
    const theirs: SimStream[] = [];
    using one = await host(() => ({ serve: (stream) => void theirs.push(stream) }));
    const first = await server.plane.streams.open(one.key, ask);
    const second = await server.plane.streams.open(one.key, ask);
    await expect.poll(() => theirs.length).toBe(2);
    const heardThere = ended(theirs[0]!.bytes);
    const heardHere = ended(second.bytes);
    first.bytes.destroy(new AtalayaError("stream.idle", "too quiet"));
    theirs[1]!.bytes.destroy(new AtalayaError("stream.forbidden-by-policy", "no"));
    theirs[0]!.bytes.resume();
    expect(await heardThere).toBe("stream.idle");
    second.bytes.resume();
    expect(await heardHere).toBe("stream.forbidden-by-policy");
  });

  test("is one of several hundred at once", async () => {
    using one = await host(() => echo);
    using other = await host(() => echo);
    const texts = await Promise.all(
      Array.from({ length: 400 }, async (_, n) => {
        const stream = await server.plane.streams.open(n % 2 === 0 ? one.key : other.key, ask);
        stream.bytes.write(`stream ${n}`);
        const [part] = (await new Promise<Buffer[]>((resolve) =>
          stream.bytes.once("data", (bytes: Buffer) => resolve([bytes])),
        )) as [Buffer];
        return { n, text: part.toString(), stream };
      }),
    );
    expect(texts.every(({ n, text }) => text === `stream ${n}`)).toBe(true);
    expect(server.plane.streams.size).toBe(400);
    for (const { stream } of texts) stream.bytes.end();
    await expect.poll(() => server.plane.streams.size).toBe(0);
  }, 60_000);
});

describe("a stream is refused", () => {
  test("by a host without a link, without the kind, or that will not", async () => {
    using one = await host(() => ({ refuse: { code: "stream.forbidden-by-policy", message: "no" } }));
    expect(await codeOf(server.plane.streams.open(one.key, ask))).toBe("stream.forbidden-by-policy");
    expect(await codeOf(server.plane.streams.open(one.key, { ...ask, kind: "other" }))).toBe("capability.unknown");
    expect(await codeOf(server.plane.streams.open(99_999, ask))).toBe("host.offline");
  });

  test("when its asker gives up before the host has dialled", async () => {
    using one = await host(() => undefined);
    const over = new AbortController();
    const waiting = codeOf(server.plane.streams.open(one.key, { ...ask, signal: over.signal }));
    over.abort(new AtalayaError("identity.expired", "the session has ended"));
    expect(await waiting).toBe("identity.expired");
  });

  test("when the host does not go on dialling; those that wait for their turn meanwhile have their time yet", async () => {
    const clock = leapingClock();
    await using slow = await inProcessServer({ clock });
    const asked: OpenStream[] = [];
    const { body } = await slow.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
    const identity = await enrolSim(slow, { token: body.token, n: 1 });
    const where = { host: slow.host, port: slow.port, identity };
    const agent = new SimAgent({
      ...where,
      behave: () => ({}),
      hello: { capabilities: ["echo"] },
      onStream: (open) => void asked.push(open),
    });
    using _ = { [Symbol.dispose]: () => agent.wipe() };
    await agent.connect();
    const opened = [1, 2, 3].map(() => codeOf(slow.plane.streams.open(1, ask)));
    await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(3);
    clock.leap(12_000);
    await dialSimStream(asked[0]!, where);
    clock.leap(12_000);
    await dialSimStream(asked[1]!, where);
    expect(await Promise.all(opened.slice(0, 2))).toEqual(["no failure", "no failure"]);
    clock.leap(16_000);
    expect(await opened[2]).toBe("stream.no-answer");
  }, 30_000);

  test("to another agent than the one that was asked, and to who guesses an id", async () => {
    const asked = Promise.withResolvers<OpenStream>();
    using one = await host((open) => {
      asked.resolve(open);
      return undefined;
    });
    using other = await host(() => undefined);
    const over = new AbortController();
    const waiting = codeOf(server.plane.streams.open(one.key, { ...ask, signal: over.signal }));
    const open = await asked.promise;
    const dial = { host: server.host, port: server.port };
    const failure = (promise: Promise<unknown>): Promise<string> =>
      promise.then(String, (error: Error) => error.message);
    expect(await failure(dialSimStream(open, { ...dial, identity: other.identity }))).toBe("answered 404");
    const guess = { stream: `str_${"A".repeat(22)}` };
    expect(await failure(dialSimStream(guess, { ...dial, identity: one.identity }))).toBe("answered 404");
    // Whoever was asked still may, once.
    const stream = await dialSimStream(open, { ...dial, identity: one.identity });
    expect(await waiting).toBe("no failure");
    expect(await failure(dialSimStream(open, { ...dial, identity: one.identity }))).toBe("answered 404");
    stream.bytes.destroy();
  });
});

describe("a stream ends", () => {
  test("when its asker's signal comes, and with its host's certificate", async () => {
    using one = await host(() => echo);
    const over = new AbortController();
    const first = await server.plane.streams.open(one.key, { ...ask, signal: over.signal });
    const heard = ended(first.bytes);
    over.abort(new AtalayaError("identity.expired", "the session has ended"));
    expect(await heard).toBe("identity.expired");
    const second = await server.plane.streams.open(one.key, ask);
    const revoked = ended(second.bytes);
    await server.call("POST", `/api/v1/enrolments/${one.identity.enrolment}/revoke`, {});
    expect(["certificate.revoked", "host.offline"]).toContain(await revoked);
  });

  test("not with a link that breaks and comes back", async () => {
    using one = await host(() => echo);
    const stream = await server.plane.streams.open(one.key, ask);
    one.agent.cut();
    await one.agent.connect();
    stream.bytes.write("still here");
    expect(String(await new Promise((resolve) => stream.bytes.once("data", resolve)))).toBe("still here");
    stream.bytes.destroy();
  });
});
