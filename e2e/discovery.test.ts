/** Machines find each other: an old MarcoPolo node appears in our list, our agents answer old askers, and an agent finds its server by itself. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  canMakeNetworks,
  doorway,
  joinAgent,
  serverProcess,
  startAgent,
  testNetwork,
  type NetworkHost,
  type ProcessOptions,
  type ServerProcess,
  type TestNetwork,
} from "@atalaya/testkit";

const PEER = fileURLToPath(new URL("marcopolo-peer.child.ts", import.meta.url));
const AGENT = fileURLToPath(import.meta.resolve("@atalaya/agent/main"));
const SERVER = "10.78.0.1:8443";

interface Discovered {
  readonly id: string;
  readonly address: string;
  readonly name?: string;
  readonly doors: readonly string[];
  readonly services: readonly { readonly id: string; readonly params: object }[];
  readonly goneAt?: number;
  readonly host?: { readonly name: string };
}

describe.runIf(canMakeNetworks)("on a network", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-discovery-"));
  const owned = new AsyncDisposableStack();
  let network: TestNetwork;
  let server: ServerProcess;

  beforeAll(async () => {
    owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    // The token that root's program asks for is written where root lives.
    const polo = join(homedir(), ".polo");
    if (!existsSync(polo)) owned.defer(() => rmSync(polo, { recursive: true, force: true }));
    network = owned.use(testNetwork(5));
    const socketPath = join(folder, "door");
    owned.use(await doorway(network.server, { host: "10.78.0.1", port: 8443 }, socketPath));
    const spawn = (options: ProcessOptions) => network.server.spawn(options);
    server = await serverProcess({
      data: join(folder, "server"),
      host: "10.78.0.1",
      port: 8443,
      socketPath,
      spawn,
      env: { ATALAYA_DISCOVERY_SECONDS: "2" },
    });
    owned.use(server);
  }, 60_000);
  afterAll(() => owned.disposeAsync());

  async function seen(address: string): Promise<Discovered | undefined> {
    const { body } = await server.call<{ readonly items: readonly Discovered[] }>("GET", "/api/v1/discovered");
    return body.items.find((node) => node.address === address);
  }
  async function joinToken(): Promise<string> {
    return (await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", { uses: 1 })).body.token;
  }
  function asks(host: NetworkHost, question: string, address?: string) {
    const lines = host.run(process.execPath, PEER, "ask", question, ...(address === undefined ? [] : [address]));
    return lines
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { readonly address: string; readonly port: number; readonly text: string });
  }
  /** An enrolled agent with this policy, its registration door and all. */
  async function agent(host: NetworkHost, policy: string): Promise<string> {
    const data = join(folder, host.name);
    mkdirSync(data, { recursive: true, mode: 0o711 });
    writeFileSync(join(data, "policy.toml"), policy, { mode: 0o644 });
    const spawn = (options: ProcessOptions) => host.spawn(options);
    await joinAgent({ data, servers: SERVER, token: await joinToken(), spawn });
    const started = owned.use(startAgent({ data, servers: SERVER, spawn }));
    await started.prints(/marcopolo\.open/, 20_000);
    return data;
  }

  test("an old node that starts later appears, with its services, and is gone when it went", async () => {
    const host = network.hosts[0]!;
    expect(await seen(host.address)).toBeUndefined();
    const polod = host.spawn({ program: process.execPath, args: [PEER, "answer", "n7", "receiver"], env: {} });
    await polod.prints(/answering/);
    await expect
      .poll(() => seen(host.address), { timeout: 20_000, interval: 200 })
      .toMatchObject({ name: "n7", doors: ["marcopolo"] });
    await polod[Symbol.asyncDispose]();
    await expect
      .poll(async () => (await seen(host.address))?.goneAt, { timeout: 30_000, interval: 200 })
      .toBeGreaterThan(0);
  });

  test("an agent answers old askers as the reference says, and only what it publishes", async () => {
    const [, host, asker] = network.hosts as [NetworkHost, NetworkHost, NetworkHost];
    await agent(host, "[discovery]\nregistration = true\n");
    const polo = asks(asker, '{"Command": "Marco"}').filter(({ address }) => address === host.address);
    expect(polo).toEqual([
      { address: host.address, port: 1337, text: expect.stringContaining('{"Command":"Polo","Params":{') },
    ]);
    expect(JSON.parse(polo[0]!.text)).toMatchObject({ Params: { hostname: host.name } });
    expect(asks(asker, '{"Command": "Request-For", "Params": "printer"}')).toEqual([]);
    const [services] = asks(asker, '{"Command": "Services"}', host.address);
    expect(JSON.parse(services!.text)).toMatchObject({ Command: "OK", Services: [{ id: "atalaya" }] });
    for (const hostile of ["Marco", "[]", `{"Command":"Marco","x":"${"x".repeat(5_000)}"}`, '{"Command":{}}']) {
      expect(asks(asker, hostile)).toEqual([]);
    }
    await expect
      .poll(() => seen(host.address), { timeout: 20_000, interval: 200 })
      .toMatchObject({ host: { name: host.name }, services: [{ id: "atalaya" }] });
    // A program of that machine publishes a service the way the bindings do.
    const published = host.run(process.execPath, "-e", REGISTER);
    expect(published).toContain('"OK": "root-made"');
    expect(asks(asker, '{"Command": "Request-For", "Params": "root-made"}')).toEqual([
      { address: host.address, port: 1337, text: '{"Command": "OK", "Params": {}}' },
    ]);
  });

  test("programs of a machine ask its agent as they asked marcod, and what never worked there does", async () => {
    const host = network.hosts[2]!;
    await agent(host, "[discovery]\nresolver = true\n");
    const ask = (request: object) => {
      const [reply] = asks(host, JSON.stringify({ timeout: 1_000, ...request }), "127.0.1.1");
      return JSON.parse(reply!.text) as unknown;
    };
    const found = ask({ Command: "Marco" }) as readonly { readonly Address: string }[];
    expect(found.map(({ Address }) => Address)).toContain(network.hosts[1]!.address);
    const [one] = ask({ Command: "Marco", "max-nodes": 1, exclude: [host.address] }) as typeof found;
    expect(one!.Address).not.toBe(host.address);
    expect(ask({ Command: "Services", node: network.hosts[1]!.address })).toMatchObject([
      {
        Address: network.hosts[1]!.address,
        Params: expect.arrayContaining([expect.objectContaining({ id: "atalaya" })]),
      },
    ]);
    expect(ask({ Nothing: 1 })).toEqual({ Error: true });
  });

  test("an agent finds its server by itself, and a polod that was there first is left in peace and used", async () => {
    const host = network.hosts[3]!;
    const data = join(folder, host.name);
    const polod = owned.use(host.spawn({ program: process.execPath, args: [PEER, "polod", "n9"], env: {} }));
    await polod.prints(/answering/);
    await using join_ = host.spawn({
      program: process.execPath,
      args: [AGENT, "join", "--data", data],
      env: { ATALAYA_JOIN_TOKEN: await joinToken() },
    });
    expect((await join_.ended()).code, join_.printed).toBe(0);
    expect(join_.printed).toContain(`Found ${SERVER}`);
    const spawn = (options: ProcessOptions) => host.spawn(options);
    owned.use(startAgent({ data, servers: SERVER, spawn }));
    // As any program of the machine.
    await polod.prints(/published atalaya\n/, 20_000);
    expect(asks(network.hosts[0]!, '{"Command": "Marco"}').filter(({ address }) => address === host.address)).toEqual([
      { address: host.address, port: 1337, text: '{"Command":"Polo","Params":{"hostname":"n9"}}' },
    ]);
    expect(existsSync(join(data, "identity.json"))).toBe(true);
    const deployed = await server.call("POST", "/api/v1/deployments", {
      selector: host.name,
      marcopolo: { id: "shop-of-atalaya" },
    });
    expect(deployed.status, JSON.stringify(deployed.body)).toBe(201);
    owned.defer(() => rmSync(join(homedir(), ".polo", "shop-of-atalaya.json"), { force: true }));
    await polod.prints(/published root:shop-of-atalaya\n/, 20_000);
  });

  test("a polod that starts later gets its port, and publishes what the agent did", async () => {
    const host = network.hosts[4]!;
    const data = join(folder, host.name);
    const spawn = (options: ProcessOptions) => host.spawn(options);
    await joinAgent({ data, servers: SERVER, token: await joinToken(), spawn });
    const started = owned.use(startAgent({ data, servers: SERVER, spawn }));
    await started.prints(/marcopolo\.open/, 20_000);
    const polod = owned.use(host.spawn({ program: process.execPath, args: [PEER, "/usr/bin/polod", "n10"], env: {} }));
    await polod.prints(/taken/);
    process.kill(started.pid, "SIGUSR1");
    await polod.prints(/answering/, 20_000);
    await polod.prints(/published atalaya\n/, 20_000);
    const answers = asks(network.hosts[0]!, '{"Command": "Marco"}').filter(({ address }) => address === host.address);
    expect(answers.map(({ text }) => text)).toEqual(['{"Command":"Polo","Params":{"hostname":"n10"}}']);
  });

  test("what may be seen and let in is a matter of permission", async () => {
    const anybody = await server.call("GET", "/api/v1/discovered", undefined, { authorization: "Bearer atk_nobody" });
    expect(anybody.status).toBe(401);
    const node = (await seen(network.hosts[0]!.address))!;
    const way = await server.call<{ readonly kind: string; readonly line: string }>(
      "POST",
      `/api/v1/discovered/${node.id}/enrol`,
      {},
    );
    expect(way.body).toMatchObject({ kind: "join-line", line: expect.stringContaining(SERVER) });
    const host = (await seen(network.hosts[1]!.address))!;
    expect((await server.call("POST", `/api/v1/discovered/${host.id}/enrol`, {})).status).toBe(409);
  });
});

/** Token, then Register, over one TLS connection, with two objects in one piece: what broke the original. */
const REGISTER = `
const { connect } = require("node:tls"); const fs = require("node:fs");
const socket = connect({ port: 1390, host: "127.0.0.1", rejectUnauthorized: false });
let text = "";
socket.setEncoding("utf8");
socket.once("secureConnect", () => socket.write('{"Command": "Request-token", "Args": {"uid": 0}}'));
socket.on("data", (chunk) => {
  text += chunk;
  if (/OK.*OK/.test(text)) { process.stdout.write(text); socket.end(); return; }
  if (!/"OK": [01]/.test(text)) return;
  const token = fs.readFileSync(require("node:os").homedir() + "/.polo/token", "utf8");
  const args = { token, service: "root-made", root: true };
  socket.write(JSON.stringify({ Command: "Register", Args: args }));
});
setTimeout(() => { process.stdout.write(text); process.exit(1); }, 5000).unref();
`;
