/** Ports of a host that nothing reaches: it stands behind a router that hides it, and its service listens on loopback. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  canMakeNetworks,
  doorway,
  joinAgent,
  serverProcess,
  startAgent,
  testNetwork,
  type NetworkHost,
  type OwnedProcess,
  type ProcessOptions,
  type ServerProcess,
} from "@atalaya/testkit";
import { WebSocket } from "ws";

const CLI = fileURLToPath(new URL("../packages/cli/bin/atalaya.mjs", import.meta.url));
const SERVICE = fileURLToPath(new URL("relay-service.child.ts", import.meta.url));
const MEGABYTES = 100;
const MANY = 1_000;

describe.runIf(canMakeNetworks)("a host behind a router", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-relay-"));
  const owned = new AsyncDisposableStack();
  const socketPath = join(folder, "door");
  let tower: NetworkHost;
  let hidden: NetworkHost;
  let server: ServerProcess;
  let agent: OwnedProcess;

  beforeAll(async () => {
    owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    const network = owned.use(testNetwork(1));
    tower = network.server;
    hidden = network.behind(network.hosts[0]!, "hidden");
    owned.use(await doorway(tower, { host: "127.0.0.1", port: 8443 }, socketPath));
    server = owned.use(
      await serverProcess({
        data: join(folder, "server"),
        host: "127.0.0.1",
        port: 8443,
        socketPath,
        spawn: (options: ProcessOptions) => tower.spawn(options),
        env: {
          ATALAYA_HEARTBEAT_SECONDS: "4",
          ATALAYA_LISTEN: "10.78.0.1:8443,127.0.0.1:8443",
          ATALAYA_RELAY_SECONDS: "30",
        },
      }),
    );
    const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
    const spawn = (options: ProcessOptions): OwnedProcess => hidden.spawn(options);
    const data = join(folder, "agent");
    await joinAgent({ data, servers: "10.78.0.1:8443", token: body.token, spawn });
    agent = owned.use(startAgent({ data, servers: "10.78.0.1:8443", spawn }));
    const service = owned.use(spawn({ program: process.execPath, args: [SERVICE] }));
    await service.prints(/open/);
    await isOnline();
  });
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.log(`${server.process.printed.slice(-4_000)}\n${agent.printed.slice(-4_000)}`));
  });
  afterAll(() => owned.disposeAsync());

  const isOnline = () =>
    vi.waitUntil(
      async () => (await server.call<{ state: string }>("GET", "/api/v1/hosts/hidden")).body.state === "online",
      { timeout: 30_000 },
    );
  const policy = (text: string): void => writeFileSync(join(folder, "agent", "policy.toml"), text, { mode: 0o600 });

  function options(path: string, over: RequestOptions = {}): RequestOptions {
    return {
      socketPath,
      ca: server.ca,
      servername: "localhost",
      agent: false,
      path: `/proxy/hidden@8080${path}`,
      headers: { authorization: `Bearer ${server.token}` },
      ...over,
    };
  }
  const get = (path: string) => server.call<Buffer>("GET", `/proxy/hidden@8080${path}`);
  const codeOf = ({ body }: { readonly body: unknown }): unknown => (body as { readonly code?: unknown }).code;

  test("is out of the server's reach, and answers through its agent", async () => {
    const tried = tower.run("sh", "-c", "curl -sS -m 2 http://192.168.77.2:8080/ 2>&1 || true");
    expect(tried).toMatch(/curl: \(7\)|curl: \(28\)/);
    const answer = await get("/");
    expect([answer.status, String(answer.body)]).toEqual([200, "only this machine reaches me"]);
  });

  test(`has ${MEGABYTES} MB sent to it and back, byte for byte`, async () => {
    const piece = randomBytes(1_000_000);
    const sent = createHash("sha256");
    const back = createHash("sha256");
    let size = 0;
    await new Promise<void>((resolve, reject) => {
      const call = request(options("/echo", { method: "PUT" }), (response) => {
        response.on("data", (part: Buffer) => {
          size += part.length;
          back.update(part);
        });
        response.once("end", resolve).once("error", reject);
      });
      const pieces = Array.from({ length: MEGABYTES }, (_, n) => Buffer.from(piece).fill(n, 0, 7));
      for (const each of pieces) sent.update(each);
      pipeline(Readable.from(pieces), call).catch(reject);
    });
    expect(size).toBe(MEGABYTES * 1_000_000);
    expect(back.digest("hex")).toBe(sent.digest("hex"));
  });

  test("speaks WebSocket", async () => {
    const socket = new WebSocket("wss://localhost/proxy/hidden@8080/", {
      headers: { authorization: `Bearer ${server.token}` },
      createConnection: () => connect({ path: socketPath, ca: server.ca, servername: "localhost" }),
    } as ConstructorParameters<typeof WebSocket>[2]);
    await once(socket, "open");
    const sent = randomBytes(100_000);
    socket.send(sent);
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(data.equals(sent)).toBe(true);
    socket.close();
  });

  test(`has ${MANY} relays open at once`, async () => {
    // Opened a few at a time, as people come, and all open in the end.
    const waiting = Array.from({ length: MANY }, () => Promise.withResolvers<string>());
    const next = waiting.values();
    const opening = async (): Promise<void> => {
      for (const { resolve, reject } of next) {
        const response = await answered(`/together/${MANY}`);
        text(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
      }
    };
    await Promise.all(Array.from({ length: 32 }, opening));
    const answers = await Promise.all(waiting.map(({ promise }) => promise));
    const counts = Map.groupBy(answers, (answer) => answer);
    expect([...counts].map(([answer, all]) => [answer, all.length])).toEqual([["200 together", MANY]]);
  });

  test("is reached by plain TCP at a port of one's own machine", async () => {
    await using cli = tower.spawn({
      program: process.execPath,
      args: [CLI, "relay", "hidden", "8081", "--listen", "9999", "--data", server.data],
    });
    await cli.prints(/127\.0\.0\.1:9999 leads to port 8081 of hidden/);
    const back = tower.run(
      process.execPath,
      "-e",
      `let n = 0; require("net").connect(9999).on("data", (d) => (n += d.length)).on("end", () => console.log(n)).end(Buffer.alloc(3e6))`,
    );
    expect(back).toBe("3000000\n");
    const over = tower.run(
      "sh",
      "-c",
      `echo over stdio | "${process.execPath}" "${CLI}" relay hidden 8081 --stdio --data "${server.data}"`,
    );
    expect(over).toBe("over stdio\n");
    const wrong = (...args: readonly string[]): string =>
      tower.run(
        "sh",
        "-c",
        `"$0" "$@" 2>&1; echo "status $?"`,
        process.execPath,
        CLI,
        "relay",
        ...args,
        "--data",
        server.data,
      );
    expect(wrong("nobody", "80")).toMatch(/no host.*host\.unknown[^]*status 5/);
    expect(wrong("hidden", "0")).toMatch(/is no port[^]*status 2/);
    expect(wrong("hidden", "9", "--stdio")).toMatch(/nothing listens there.*relay\.refused[^]*status 1/);
  });

  test("allows what its own policy allows, whatever the server asks", async () => {
    using _open = { [Symbol.dispose]: () => rmSync(join(folder, "agent", "policy.toml")) };
    policy('[relay]\nports = ["8081-8090"]\n');
    // What is open may end as it began: a connection is kept for a moment.
    await expect.poll(async () => codeOf(await get("/")), { timeout: 15_000 }).toBe("stream.forbidden-by-policy");
    policy("[relay]\nports = [8080]\n");
    expect((await get("/")).status).toBe(200);
  });

  test("that disappears in mid-transfer leaves nobody waiting", async () => {
    const waiting = get("/never");
    waiting.catch(() => undefined);
    const transfer = await endless();
    hidden.cable("down");
    expect(await transfer.end).toBe("cut");
    // What may be asked twice was, and the host is known to be gone by then.
    const told = await waiting;
    expect(told.body).toMatchObject({ code: expect.stringMatching(/^(host\.offline|stream\.broken|link\.silent)$/) });
    const gone = await get("/");
    expect([gone.status, codeOf(gone)]).toEqual([409, "host.offline"]);
    hidden.cable("up");
    await isOnline();
    expect((await get("/")).status).toBe(200);
  });

  test("whose agent is killed is told as well", async () => {
    const waiting = get("/never");
    waiting.catch(() => undefined);
    const transfer = await endless();
    await agent.end("SIGKILL");
    expect(await transfer.end).toBe("cut");
    const told = await waiting;
    expect(told.body).toMatchObject({ code: expect.stringMatching(/^(host\.offline|stream\.broken)$/) });
  });

  function answered(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request(options(path), resolve).once("error", reject).end();
    });
  }

  /** A transfer that is under way, and how it ends. */
  async function endless(): Promise<{ readonly end: Promise<string> }> {
    const end = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    request(options("/endless"), (response) => {
      expect(response.statusCode).toBe(200);
      response.once("data", () => begun.resolve());
      response.once("error", () => end.resolve("cut")).once("end", () => end.resolve("ended"));
    })
      .once("error", () => end.resolve("cut"))
      .end();
    await begun.promise;
    return { end: end.promise };
  }
});
