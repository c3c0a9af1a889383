import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { faultProxy, type FaultProxy } from "./proxy.ts";

const echo = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
let proxy: FaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await faultProxy({ host: "127.0.0.1", port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy[Symbol.asyncDispose]();
  echo.close();
  await once(echo, "close");
});

async function dial(): Promise<Socket> {
  const client = connect({ host: "127.0.0.1", port: proxy.port });
  clients.push(client);
  client.on("error", () => undefined);
  await once(client, "connect");
  return client;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
}

async function echoed(client: Socket, bytes: Buffer): Promise<Buffer> {
  let heard = Buffer.alloc(0);
  const whole = new Promise<void>((resolve) => {
    client.on("data", function take(part: Buffer) {
      heard = Buffer.concat([heard, part]);
      if (heard.length < bytes.length) return;
      client.off("data", take);
      resolve();
    });
  });
  client.write(bytes);
  await whole;
  return heard;
}

test("carries bytes both ways, unharmed", async () => {
  const client = await dial();
  const bytes = Buffer.from(Array.from({ length: 500_000 }, (_, n) => n % 251));
  expect((await echoed(client, bytes)).equals(bytes)).toBe(true);
  expect(proxy.open).toBe(1);
});

test("cuts with a reset, and lets new connections through", async () => {
  const client = await dial();
  await echoed(client, Buffer.from("x"));
  const failed = once(client, "error") as Promise<[NodeJS.ErrnoException]>;
  proxy.cut();
  expect((await failed)[0].code).toBe("ECONNRESET");
  expect((await echoed(await dial(), Buffer.from("again"))).toString()).toBe("again");
});

test("stalls: nothing arrives and nobody is told, until it is healed", async () => {
  const client = await dial();
  await echoed(client, Buffer.from("x"));
  let heard = "";
  let closed = false;
  client.on("data", (part: Buffer) => (heard += part.toString())).on("close", () => (closed = true));
  proxy.stall();
  client.write("lost");
  // Another connection, healed, has gone through twice: what was sent before would have arrived.
  await new Promise((resolve) => setTimeout(resolve, 50));
  proxy.heal();
  await echoed(await dial(), Buffer.from("a round trip"));
  expect([heard, closed]).toEqual(["", false]);
  client.write("found");
  await expect.poll(() => heard).toBe("found");
});

test("refuses new connections and ends the old ones, until it is healed", async () => {
  const old = await dial();
  await echoed(old, Buffer.from("x"));
  proxy.refuse();
  await closed(old);
  const refused = connect({ host: "127.0.0.1", port: proxy.port }).on("error", () => undefined);
  await closed(refused);
  proxy.heal();
  expect((await echoed(await dial(), Buffer.from("back"))).toString()).toBe("back");
});

test("throttles to so many bytes a second in each direction", async () => {
  const client = await dial();
  proxy.throttle(200_000);
  const began = performance.now();
  await echoed(client, Buffer.alloc(60_000));
  // There and back run side by side, so the slower of the two decides; a first piece may pass at once.
  expect(performance.now() - began).toBeGreaterThan(150);
});
