import { expect, onTestFinished, test } from "vitest";
import { openTestPlane } from "../../server/src/api/plane.testing.ts";
import { createClient, type ClientError, type ClientOptions, type LiveSubscription } from "./index.ts";

async function withPlane() {
  const plane = await openTestPlane();
  onTestFinished(() => plane[Symbol.asyncDispose]());
  const clientOf = (options: Partial<ClientOptions> = {}) => {
    const client = createClient({ url: plane.url, token: plane.token, ca: plane.ca, ...options });
    onTestFinished(() => client.close());
    return client;
  };
  return { plane, clientOf };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("should have failed"),
    (error: ClientError) => error,
  );

/** All numbers of a subscription until `count` have come, or until its end. */
async function numbersOf(subscription: LiveSubscription, count = Infinity): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { events } of subscription) {
    numbers.push(...events.map(({ n }) => n as number));
    if (numbers.length >= count) break;
  }
  return numbers;
}
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, at) => from + at);

test("calls are typed by their path and answer with data", async () => {
  const { clientOf } = await withPlane();
  const client = clientOf();
  const me = await client.get("/api/v1/me");
  expect(me.name).toBe("local");
  const made = await client.post("/api/v1/api-tokens", { body: { name: "ci", role: "viewer" } });
  expect((await clientOf({ token: made.token }).get("/api/v1/me")).token?.name).toBe("ci");
  const { items } = await client.get("/api/v1/api-tokens", { params: { query: { limit: 5 } } });
  expect(items.map(({ name }) => name)).toEqual(["ci"]);
  const gone = await client.delete("/api/v1/api-tokens/{id}", { params: { path: { id: made.id } } });
  expect(gone.state).toBe("revoked");
});

test("a failure is thrown with the code, sentence and details of the server", async () => {
  const { clientOf } = await withPlane();
  const error = await failureOf(clientOf().post("/api/v1/api-tokens", { body: { name: "a b", role: "viewer" } }));
  expect(error).toMatchObject({ name: "ClientError", code: "request.malformed", status: 400 });
  expect(error.details?.["issues"]).toMatchObject([{ in: "body", path: "name" }]);
  expect(error.requestId).toMatch(/^req_/);
  expect(await failureOf(clientOf({ token: "wrong" }).get("/api/v1/me"))).toMatchObject({
    code: "identity.invalid",
    status: 401,
  });
});

test("a server that does not answer, and one that is not ours, are told apart", async () => {
  const { plane, clientOf } = await withPlane();
  expect(await failureOf(clientOf({ url: "https://127.0.0.1:1" }).get("/api/v1/me"))).toMatchObject({
    code: "server.unreachable",
    status: undefined,
  });
  const strict = createClient({ url: plane.url, token: plane.token });
  expect(await failureOf(strict.get("/api/v1/me"))).toMatchObject({ code: "server.untrusted" });
  expect(() => createClient({ url: "http://example.org", token: "t" })).toThrow(/https/);
});

test("a pin is enough to know the server; a wrong one sends it nothing", async () => {
  const { plane } = await withPlane();
  const client = createClient({ url: plane.url, token: plane.token, pin: plane.pin });
  expect((await client.get("/api/v1/me")).name).toBe("local");
  client.close();

  const before = plane.faults.requests;
  const wrong = createClient({ url: plane.url, token: plane.token, pin: "A".repeat(43) });
  expect(await failureOf(wrong.get("/api/v1/me"))).toMatchObject({ code: "server.untrusted" });
  expect(plane.faults.requests - before).toBe(1);
});

test("a busy server is asked again, as often and as late as it wants, when that is safe", async () => {
  const { plane, clientOf } = await withPlane();
  const client = clientOf();
  plane.faults.unavailable = 2;
  expect((await client.get("/api/v1/me")).name).toBe("local");
  plane.faults.unavailable = 1;
  const post = client.post("/api/v1/api-tokens", { body: { name: "once", role: "viewer" } });
  expect(await failureOf(post)).toMatchObject({ status: 503 });
  plane.faults.unavailable = 1;
  plane.faults.retryAfter = "3600";
  expect(await failureOf(client.get("/api/v1/me"))).toMatchObject({ status: 503 });
});

test("a live subscription gets what was and what comes, until nothing will follow", async () => {
  const { plane, clientOf } = await withPlane();
  const client = clientOf();
  plane.count(12);
  const subscription = client.live.subscribe("numbers");
  const later = client.live.subscribe("numbers", {}, { since: 10 });
  const numbers = numbersOf(subscription);
  expect(await numbersOf(later, 2)).toEqual([11, 12]);
  plane.count(20, true);
  expect(await numbers).toEqual(upTo(20));
});

test("a subscription survives cuts of the network without gap or duplicate", async () => {
  const { plane, clientOf } = await withPlane();
  const client = clientOf();
  const states: string[] = [];
  client.live.onState((state) => void states.push(state));
  const subscription = client.live.subscribe("numbers");
  const seen: number[] = [];
  for (let round = 1; round <= 4; round++) {
    plane.count(round * 7, round === 4);
    while (seen.length < round * 7) {
      const { value } = await subscription.next();
      seen.push(...(value?.events ?? []).map(({ n }) => n as number));
    }
    if (round < 4) plane.cut();
  }
  expect(await subscription.next()).toEqual({ done: true, value: undefined });
  expect(seen).toEqual(upTo(28));
  expect(states).toContain("reconnecting");
  expect(states.at(-1)).toBe("connected");
});

test("a reader that lags is served from where it stands, not from a heap of memory", async () => {
  const { plane, clientOf } = await withPlane();
  const client = clientOf();
  plane.count(1_000, true);
  const slow = client.live.subscribe("numbers");
  expect(await numbersOf(client.live.subscribe("numbers"))).toEqual(upTo(1_000));
  expect(await numbersOf(slow)).toEqual(upTo(1_000));
});

test("what cannot be followed fails with its code; what was left or aborted ends", async () => {
  const { plane, clientOf } = await withPlane();
  const client = clientOf();
  plane.count(3);
  expect(await failureOf(client.live.subscribe("nothing").next())).toMatchObject({ code: "topic.unknown" });
  const wrong = clientOf({ token: "wrong" });
  expect(await failureOf(wrong.live.subscribe("numbers").next())).toMatchObject({
    code: "identity.invalid",
    status: 401,
  });
  const nowhere = clientOf({ url: "https://127.0.0.1:1" });
  expect(await failureOf(nowhere.live.subscribe("numbers").next())).toMatchObject({ code: "server.unreachable" });

  const abort = new AbortController();
  const subscription = client.live.subscribe("numbers", {}, { signal: abort.signal });
  await subscription.next();
  const waiting = failureOf(subscription.next());
  abort.abort(new Error("enough"));
  expect((await waiting).message).toBe("enough");
});

test("a revoked token ends the subscriptions made with it", async () => {
  const { plane, clientOf } = await withPlane();
  const made = await clientOf().post("/api/v1/api-tokens", { body: { name: "temp", role: "viewer" } });
  plane.count(1);
  const subscription = clientOf({ token: made.token }).live.subscribe("numbers");
  await subscription.next();
  const end = failureOf(subscription.next());
  await clientOf().delete("/api/v1/api-tokens/{id}", { params: { path: { id: made.id } } });
  expect(await end).toMatchObject({ code: "identity.invalid" });
});

test("a token that a restart of the server has replaced is read again", async () => {
  const { plane, clientOf } = await withPlane();
  const { token } = await clientOf().post("/api/v1/api-tokens", { body: { name: "new", role: "viewer" } });
  let reads = 0;
  // As the file would say when the server writes it while we connect.
  const client = clientOf({ token: () => (reads++ === 0 ? "aat_old" : token) });
  expect(await client.get("/api/v1/me")).toMatchObject({ name: "token:new" });
  plane.count(1);
  reads = 0;
  expect((await client.live.subscribe("numbers").next()).done).toBe(false);
});
