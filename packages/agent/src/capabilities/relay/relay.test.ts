import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "../../testing/agent.testing.ts";
import { streamAsker, type StreamAsker } from "../../testing/streams.testing.ts";
import { startTower, type Tower, type TowerLink } from "../../testing/tower.testing.ts";
import { relayKind } from "./relay.ts";

let tower: Tower;
let agent: RunningAgent;
let link: TowerLink;
let data: string;
let asker: StreamAsker;
let service: Server;
let port: number;
let serve: (socket: Socket) => void;

beforeAll(async () => {
  service = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
  ({ port } = service.address() as AddressInfo);
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  const next = tower.nextLink();
  const relay = relayKind({
    api: (bytes, { user, permissions }) => void bytes.end(`${user} may ${[...permissions].join()}`),
  });
  agent = startAgent(data, { policyPath: join(data, "policy.toml"), streamKinds: { relay } });
  link = await next;
  asker = streamAsker(tower, () => link, "relay");
});
afterEach(() => rm(join(data, "policy.toml"), { force: true }));
afterAll(async () => {
  await agent.stop();
  await tower.stop();
  service.close();
  await removeFolder(data);
});

async function policy(text: string): Promise<void> {
  await writeFile(join(data, "policy.toml"), text);
  await chmod(join(data, "policy.toml"), 0o600);
}

test("bytes go both ways as they are, and each direction ends by itself", async () => {
  const sent = randomBytes(3_000_000);
  const got = Promise.withResolvers<Buffer>();
  serve = (socket) => {
    got.resolve(buffer(socket));
    socket.once("end", () => socket.end(Buffer.from([0, 255, 10])));
  };
  const { bytes } = await asker.opened({ request: { port } });
  bytes.end(sent);
  expect(await buffer(bytes)).toEqual(Buffer.from([0, 255, 10]));
  expect((await got.promise).equals(sent)).toBe(true);
});

test("what ends at one side ends at the other: a service that hangs up, a caller who leaves", async () => {
  serve = (socket) => socket.once("data", () => socket.resetAndDestroy());
  const cut = await asker.opened({ request: { port } });
  cut.bytes.write("go");
  await new Promise((resolve) =>
    cut.bytes
      .once("close", resolve)
      .on("error", () => undefined)
      .resume(),
  );

  const left = Promise.withResolvers<void>();
  serve = (socket) => socket.resume().once("end", () => left.resolve());
  const leaving = await asker.opened({ request: { port } });
  leaving.bytes.destroy();
  await left.promise;
});

test("nothing that listens, no such name and no such request are refused before a stream is made", async () => {
  const closed = createServer();
  await once(closed.listen(0, "127.0.0.1"), "listening");
  const free = (closed.address() as AddressInfo).port;
  closed.close();
  expect(await asker.refusal({ request: { port: free } })).toBe("relay.refused");
  await policy('[relay]\ntargets = ["no-such-name.invalid:80"]\n');
  expect(await asker.refusal({ request: { port: 80, host: "no-such-name.invalid" } })).toBe("relay.refused");
  expect(await asker.refusal({ request: { port: 0 } })).toBe("request.malformed");
  expect(await asker.refusal({ request: { port, host: "127.0.0.1:80" } })).toBe("request.malformed");
  expect(await asker.refusal({ request: { port, host: "http://x/" } })).toBe("request.malformed");
});

test("only what the host's policy allows is connected to", async () => {
  serve = (socket) => socket.end();
  expect(await asker.refusal({ request: { port: 80, host: "192.0.2.1" } })).toBe("stream.forbidden-by-policy");
  await policy("[relay]\nports = []\n");
  expect(await asker.refusal({ request: { port } })).toBe("stream.forbidden-by-policy");
  await policy("[exec]\nroot = false\n");
  expect(await asker.refusal({ request: { port } })).toBe("stream.forbidden-by-policy");
  await policy(`[relay]\nports = ["${port - 1}-${port + 1}"]\n[exec]\nroot = false\n`);
  (await asker.opened({ request: { port } })).bytes.destroy();
  expect(await asker.refusal({ request: { port, host: "127.0.0.2.evil.example" } })).toBe("stream.forbidden-by-policy");
  await policy(`[relay]\nports = []\ntargets = ["localhost:${port}"]\n`);
  (await asker.opened({ request: { port, host: "localhost" } })).bytes.destroy();
  await policy("[relay]\nmost = 0\n");
  expect(await asker.refusal({ request: { port } })).toBe("stream.forbidden-by-policy");
});

test("the agent's own API is no socket, and knows who asks", async () => {
  const { bytes } = await asker.opened({ request: { port: 5000, permissions: ["package.read"] } });
  expect(String(await buffer(bytes))).toBe("pam:alice may package.read");
  await policy("[relay]\napi = false\n");
  expect(await asker.refusal({ request: { port: 5000 } })).toBe("stream.forbidden-by-policy");
});
