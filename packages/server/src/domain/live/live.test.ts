import { AtalayaError } from "@atalaya/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { heardAudit } from "../../api/audit.testing.ts";
import { mount } from "../../api/mount.ts";
import { silentLog } from "../../platform/log/index.ts";
import { liveRoutes, type Live } from "./index.ts";
import { fastClock, liveServer, reader } from "./live.testing.ts";
import type { Batch, Topic, TopicReader } from "./topic.ts";

const SUBJECT = "job:1";

/** Numbers from 1 to `last.value`, in batches of ten. */
function counting(last: { value: number; done?: boolean }, reads: (number | undefined)[] = [], padding = ""): Topic {
  return {
    name: "numbers",
    summary: "counts",
    params: z.strictObject({ of: z.string().optional() }),
    permission: "job.read",
    async open(params) {
      if ((params as { of?: string }).of === "nobody") throw new AtalayaError("job.unknown", "There is no such job.");
      const reader: TopicReader = {
        subjects: [SUBJECT],
        async read(cursor = 0): Promise<Batch> {
          reads.push(cursor);
          const to = Math.min(last.value, cursor + 10);
          const events = Array.from({ length: to - cursor }, (_, at) => ({ n: cursor + at + 1, padding }));
          return { events, cursor: to, more: to < last.value, ...(last.done === true ? { done: true } : {}) };
        },
      };
      return reader;
    },
  };
}

const numbersOf = (heard: readonly Readonly<Record<string, unknown>>[], id = 1) =>
  heard
    .filter((frame) => frame["type"] === "batch" && frame["id"] === id)
    .flatMap((frame) => (frame["events"] as { n: number }[]).map(({ n }) => n));
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, at) => from + at);

test("a subscription gets what was, what comes, and that nothing will follow", async () => {
  const last: { value: number; done?: boolean } = { value: 25 };
  await using server = await liveServer([counting(last)]);
  using client = server.client();
  await client.opened();
  client.say({ type: "subscribe", id: 1, topic: "numbers" });
  await client.until(() => numbersOf(client.heard).length === 25);

  last.value = 30;
  server.bus.tell(SUBJECT);
  await client.until(() => numbersOf(client.heard).length === 30);
  last.done = true;
  server.bus.tell(SUBJECT);
  await client.hear("done", 1);

  expect(client.heard[0]).toEqual({ type: "subscribed", id: 1 });
  expect(numbersOf(client.heard)).toEqual(upTo(30));
  expect(server.live.subscriptions).toBe(0);
});

test("whoever resumes gets only what came after", async () => {
  await using server = await liveServer([counting({ value: 12 })]);
  using client = server.client();
  await client.opened();
  client.say({ type: "subscribe", id: 1, topic: "numbers", since: 7 });
  await client.until(() => numbersOf(client.heard).length === 5);
  expect(numbersOf(client.heard)).toEqual(upTo(12, 8));
});

test("lost hints delay, they do not lose", async () => {
  const last = { value: 1 };
  await using server = await liveServer([counting(last)], { clock: fastClock(100) });
  using client = server.client();
  await client.opened();
  client.say({ type: "subscribe", id: 1, topic: "numbers" });
  await client.until(() => numbersOf(client.heard).length === 1);
  last.value = 2;
  await client.until(() => numbersOf(client.heard).length === 2);
});

test("what cannot be read, found or allowed is told by its code, and the connection goes on", async () => {
  await using server = await liveServer([counting({ value: 1 })]);
  using client = server.client();
  await client.opened();
  client.say("{");
  expect(await client.hear("error")).toMatchObject({ code: "frame.malformed" });
  client.say({ type: "subscribe", id: 1, topic: "nothing" });
  expect(await client.hear("error", 1)).toMatchObject({ code: "topic.unknown" });
  client.say({ type: "subscribe", id: 2, topic: "numbers", params: { of: 3 } });
  expect(await client.hear("error", 2)).toMatchObject({ code: "request.malformed" });
  client.say({ type: "subscribe", id: 3, topic: "numbers", params: { of: "nobody" } });
  expect(await client.hear("error", 3)).toMatchObject({ code: "job.unknown" });
  client.say({ type: "subscribe", id: 4, topic: "numbers" });
  await client.hear("batch", 4);
  client.say({ type: "subscribe", id: 4, topic: "numbers" });
  await client.until(() => client.heard.some(({ code }) => code === "frame.unexpected"));

  using other = server.client("stranger");
  await other.opened();
  other.say({ type: "subscribe", id: 1, topic: "numbers" });
  expect(await other.hear("error", 1)).toMatchObject({ code: "identity.forbidden" });
});

test("one connection follows a bounded number of things, and an id can be used again", async () => {
  await using server = await liveServer([counting({ value: 1 })]);
  using client = server.client();
  await client.opened();
  for (let id = 0; id <= 64; id++) client.say({ type: "subscribe", id, topic: "numbers" });
  expect(await client.hear("error", 64)).toMatchObject({ code: "request.rate-limited" });
  client.say({ type: "unsubscribe", id: 3 });
  client.heard.length = 0;
  client.say({ type: "subscribe", id: 3, topic: "numbers" });
  await client.hear("batch", 3);
});

test("wrong credentials and another protocol are refused before there is a WebSocket", async () => {
  await using server = await liveServer([]);
  using wrong = server.client("wrong");
  expect((await wrong.ended()).refused).toBe(401);
  using other = server.client("reader", "other");
  expect((await other.ended()).refused).toBe(400);
});

test("who sends no header says who it is in the first frame, and may subscribe in the same breath", async () => {
  await using server = await liveServer([counting({ value: 1 })]);
  using client = server.client("");
  await client.opened();
  client.say({ type: "auth", token: "reader" });
  client.say({ type: "subscribe", id: 1, topic: "numbers" });
  await client.hear("batch", 1);

  using wrong = server.client("");
  await wrong.opened();
  wrong.say({ type: "auth", token: "wrong" });
  expect(await wrong.ended()).toMatchObject({ code: 4401, reason: "identity.invalid" });
  using early = server.client("");
  await early.opened();
  early.say({ type: "subscribe", id: 1, topic: "numbers" });
  expect(await early.ended()).toMatchObject({ code: 4401, reason: "identity.missing" });
});

test("who never says who it is is let go", async () => {
  await using server = await liveServer([], { clock: fastClock(100) });
  using client = server.client("");
  expect(await client.ended()).toMatchObject({ code: 4408 });
});

test("a revoked token ends its connections at once", async () => {
  const gone = new Map<string, { code: "identity.invalid"; message: string }>();
  await using server = await liveServer([counting({ value: 1 })], { ended: async () => gone });
  using client = server.client();
  using other = server.client("stranger");
  await Promise.all([client.opened(), other.opened()]);
  gone.set("token_reader", { code: "identity.invalid", message: "The token was revoked." });
  server.bus.tell("identity");
  expect(await client.ended()).toMatchObject({ code: 4401, reason: "identity.invalid" });
  expect(client.heard.at(-1)).toMatchObject({ type: "error", message: "The token was revoked." });
  expect(other.socket.readyState).toBe(other.socket.OPEN);
});

test("one token holds a bounded number of connections", async () => {
  await using server = await liveServer([]);
  const clients = Array.from({ length: 64 }, () => server.client());
  await Promise.all(clients.map((client) => client.opened()));
  using more = server.client();
  expect((await more.ended()).refused).toBe(429);
  for (const client of clients) client[Symbol.dispose]();
});

test("strangers of one network leave room for those of others, and for whoever says who it is", async () => {
  await using server = await liveServer([]);
  const stranger = (at: string) => server.client("", undefined, `2001:db8:0:1::${at}`);
  const strangers = Array.from({ length: 32 }, (_, n) => stranger(n.toString(16)));
  await Promise.all(strangers.map((client) => client.opened()));
  using more = stranger("beef");
  expect((await more.ended()).refused).toBe(429);
  using named = server.client("reader", undefined, "2001:db8:0:1::beef");
  using elsewhere = server.client("", undefined, "2001:db8:0:2::1");
  await Promise.all([named.opened(), elsewhere.opened()]);
  for (const client of strangers) client[Symbol.dispose]();
});

test("a client that does not read makes the server read and hold only so much for it", async () => {
  const reads: (number | undefined)[] = [];
  await using server = await liveServer([counting({ value: 10_000 }, reads, "x".repeat(20_000))]);
  using client = server.client();
  await client.opened();
  client.socket.pause();
  client.say({ type: "subscribe", id: 1, topic: "numbers" });
  let before = -1;
  while (reads.length !== before) {
    before = reads.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // 200 KB a batch: a few in the kernel's buffers and ours, of a thousand.
  expect(reads.length).toBeLessThan(100);
  client.socket.resume();
  await client.until(() => numbersOf(client.heard).length === 10_000);
  expect(numbersOf(client.heard)).toEqual(upTo(10_000));
});

test("a server that stops says so and takes nobody new", async () => {
  await using server = await liveServer([]);
  using client = server.client();
  await client.opened();
  server.live.drain();
  expect(await client.ended()).toMatchObject({ code: 1001, reason: "server.draining" });
  using late = server.client();
  expect((await late.ended()).refused).toBe(503);
});

describe("the table of open sockets", () => {
  const peer = { door: "public", address: "127.0.0.1", port: 1, hostName: async () => undefined } as const;
  const ask = async (live: Live, actor: Actor, query: string) => {
    const app = mount([{ at: "/api/v1", routes: liveRoutes({ live }) }], {
      audit: heardAudit(),
      authenticate: async () => actor,
      log: silentLog,
    });
    const answer = await app.fetch(new Request(`https://here/api/v1/live-connections${query}`), { peer });
    return (await answer.json()) as { items?: { user: string; topics: string[] }[]; code?: string };
  };

  test("says who follows what, each tab by itself, and forgets those that closed and no others", async () => {
    await using server = await liveServer([counting({ value: 0 })]);
    using first = server.client("reader");
    using second = server.client("reader");
    using other = server.client("stranger");
    await Promise.all([first.opened(), second.opened(), other.opened()]);
    first.say({ type: "subscribe", id: 1, topic: "numbers" });
    await first.hear("subscribed", 1);
    expect(server.live.users).toBe(2);
    const topics = (await ask(server.live, reader, "")).items?.map((item) => item.topics);
    expect(topics).toEqual([["numbers"], []]);

    expect(await ask(server.live, reader, "?of=token:stranger")).toMatchObject({ code: "identity.forbidden" });
    const admin: Actor = { name: "local", permissions: new Set(["user.read"]) };
    expect((await ask(server.live, admin, "?of=*")).items?.map(({ user }) => user)).toEqual([
      "token:reader",
      "token:reader",
      "token:stranger",
    ]);
    second.socket.close();
    await second.ended();
    await expect.poll(() => server.live.sockets("token:reader").length).toBe(1);
    expect(server.live.sockets("token:reader")[0]?.topics).toEqual(["numbers"]);
  });
});
