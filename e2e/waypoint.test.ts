/** Real agents that cannot reach the server, behind others that can: on a small real network, through one and two of them. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
  type OwnedProcess,
  type ServerProcess,
  type TestNetwork,
} from "@atalaya/testkit";

const SERVER = "10.78.0.1:8443";
const PORT = 8444;
const AGENT = fileURLToPath(import.meta.resolve("@atalaya/agent/main"));

interface Host {
  readonly state: string;
  readonly offlineReason?: string;
  readonly via?: readonly string[];
  readonly addresses: readonly string[];
}

describe.runIf(canMakeNetworks)("behind a waypoint", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-waypoint-"));
  const owned = new AsyncDisposableStack();
  const agents = new Map<string, OwnedProcess>();
  let network: TestNetwork;
  let server: ServerProcess;
  /** `gate` reaches the server; `near` reaches the gate, `far` and `deep` only `near`. */
  let gate: NetworkHost;
  let near: NetworkHost;
  let far: NetworkHost;
  let deep: NetworkHost;

  beforeAll(async () => {
    owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    network = owned.use(testNetwork(4));
    [gate, near, far, deep] = network.hosts as [NetworkHost, NetworkHost, NetworkHost, NetworkHost];
    const socketPath = join(folder, "door");
    owned.use(await doorway(network.server, { host: "127.0.0.1", port: 8443 }, socketPath));
    server = await serverProcess({
      data: join(folder, "server"),
      host: "127.0.0.1",
      port: 8443,
      socketPath,
      spawn: (options) => network.server.spawn(options),
      env: { ATALAYA_HEARTBEAT_SECONDS: "1", ATALAYA_LISTEN: `${SERVER},127.0.0.1:8443` },
    });
    owned.use(server);
    owned.defer(async () => {
      for (const agent of agents.values()) await agent[Symbol.asyncDispose]();
    });
    cutOff(near, network.server);
    for (const host of [far, deep]) cutOff(host, network.server, gate);
  });
  afterAll(() => owned.disposeAsync());

  const via = ({ address }: NetworkHost): string => `via:${address}:${PORT}`;

  /** What it sends to these comes back as unreachable. */
  function cutOff(host: NetworkHost, ...from: readonly NetworkHost[]): void {
    for (const { address } of from) host.run("ip", "route", "add", "unreachable", address);
  }

  async function enrol(host: NetworkHost, servers: string): Promise<void> {
    const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {});
    await joinAgent({
      data: join(folder, host.name),
      servers,
      token: body.token,
      spawn: (options) => host.spawn(options),
    });
  }

  async function start(host: NetworkHost, servers: string, isWaypoint = false): Promise<OwnedProcess> {
    const agent = startAgent({
      data: join(folder, host.name),
      servers,
      env: isWaypoint ? { ATALAYA_AGENT_WAYPOINT: `0.0.0.0:${PORT}` } : {},
      spawn: (options) => host.spawn(options),
    });
    agents.set(host.name, agent);
    if (isWaypoint) await agent.prints(/waypoint\.open/);
    return agent;
  }

  const detail = async ({ name }: NetworkHost) => (await server.call<Host>("GET", `/api/v1/hosts/${name}`)).body;

  async function isOnline(host: NetworkHost): Promise<void> {
    await expect.poll(async () => (await detail(host)).state, { timeout: 30_000, interval: 50 }).toBe("online");
  }

  async function startRun(host: NetworkHost, script: string): Promise<{ readonly job: string; readonly run: string }> {
    const { body } = await server.call<{ readonly id: string; readonly runs: readonly { readonly id: string }[] }>(
      "POST",
      "/api/v1/jobs",
      { selector: `name:${host.name}`, capability: "exec", request: { command: { kind: "shell", script } } },
    );
    return { job: body.id, run: body.runs[0]!.id };
  }

  const outputOf = async (run: string): Promise<string> =>
    (await server.call<Buffer>("GET", `/api/v1/runs/${run}/output`)).body.toString();

  async function succeeds({ job }: { readonly job: string }): Promise<void> {
    const states = async () => (await server.call<{ states: object }>("GET", `/api/v1/jobs/${job}`)).body.states;
    await expect.poll(states, { timeout: 40_000, interval: 50 }).toEqual({ succeeded: 1 });
  }

  test("an agent joins, links and runs through one, and through two in a row; the server knows the way", async () => {
    await enrol(gate, SERVER);
    // Each has the other: the gate first the server, `near` first the gate.
    await start(gate, `${SERVER},${via(near)}`, true);
    await isOnline(gate);
    await enrol(near, via(gate));
    await start(near, via(gate), true);
    await isOnline(near);
    await enrol(far, via(near));
    await start(far, via(near));
    await isOnline(far);
    expect((await detail(gate)).via).toBeUndefined();
    expect(await detail(near)).toMatchObject({ via: ["pc-01"], state: "online" });
    expect(await detail(far)).toMatchObject({ via: ["pc-02", "pc-01"], state: "online" });
    const status = () => near.run(process.execPath, AGENT, "status", "--data", join(folder, near.name));
    expect(status()).toMatch(/^waypoint +listens on 0\.0\.0\.0:8444$/m);
    for (const host of [near, far]) {
      const run = await startRun(host, "hostname; seq 20000");
      await succeeds(run);
      const lines = (await outputOf(run.run)).split("\n");
      expect([lines[0], lines.length]).toEqual([host.name, 20_002]);
    }
  });

  test("a file for three hosts behind them leaves the server once", async () => {
    await enrol(deep, via(near));
    await start(deep, via(near));
    await isOnline(deep);
    const bytes = randomBytes(20_000_000);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = join(folder, "file");
    writeFileSync(file, bytes);
    const url = `https://127.0.0.1:8443/api/v1/blobs/${sha256}`;
    network.server.run("curl", "-fsSk", "-T", file, "-H", `authorization: Bearer ${server.token}`, url);
    const sent = (host: NetworkHost): number =>
      Number(host.run("cat", "/sys/class/net/eth0/statistics/tx_bytes").trim());
    const before = [network.server, gate].map(sent);
    const jobs = await Promise.all(
      [near, far, deep].map(async ({ name }) => {
        const { body } = await server.call<{ readonly job: { readonly id: string } }>("POST", "/api/v1/deployments", {
          selector: `name:${name}`,
          artifacts: [{ sha256, size: bytes.length, name: "file" }],
          into: join(folder, `placed-${name}`),
        });
        return { job: body.job.id };
      }),
    );
    await Promise.all(jobs.map(succeeds));
    for (const { name } of [near, far, deep])
      expect(readFileSync(join(folder, `placed-${name}`, "file")).equals(bytes)).toBe(true);
    const [byServer, byGate] = [network.server, gate].map((host, at) => sent(host) - before[at]!);
    // The server's card is the bridge, which counts what it sends to each host. The gate gives `near` two copies, at most:
    // its own agent's, and the one for those behind it.
    expect(byServer).toBeGreaterThan(bytes.length);
    expect(byServer).toBeLessThan(bytes.length * 1.5);
    expect(byGate).toBeLessThan(bytes.length * 2.5);
    // Another host of the fleet, which knows digest and run, reads nothing there; nor does a stranger.
    const script = `const { request } = require("node:https"); const { readFileSync } = require("node:fs");
      const [data, path] = process.argv.slice(1); const { certificate } = JSON.parse(readFileSync(data + "/identity.json"));
      request({ host: "${near.address}", port: ${PORT}, path, rejectUnauthorized: false, cert: certificate, key: readFileSync(data + "/key.pem"), ALPNProtocols: ["atalaya.waypoint.v1"] },
        (r) => { console.log(r.statusCode); r.resume(); }).end()`;
    const run = (await server.call<{ items: { id: string }[] }>("GET", `/api/v1/jobs/${jobs[1]!.job}/runs`)).body
      .items[0]!.id;
    const path = `/blobs/${sha256}?run=${run}`;
    expect(deep.run(process.execPath, "-e", script, join(folder, deep.name), path).trim()).toBe("403");
  });

  test("a run goes on while its waypoint is killed, and all of its output arrives", async () => {
    const run = await startRun(far, "for i in $(seq 40); do echo line $i; sleep 0.1; done");
    await expect.poll(() => outputOf(run.run), { timeout: 20_000, interval: 50 }).toContain("line 3\n");
    await agents.get(gate.name)!.end("SIGKILL");
    await expect.poll(async () => (await detail(far)).state, { timeout: 20_000, interval: 50 }).toBe("offline");
    await start(gate, `${SERVER},${via(near)}`, true);
    await succeeds(run);
    expect(await outputOf(run.run)).toBe(Array.from({ length: 40 }, (_, at) => `line ${at + 1}\n`).join(""));
  });

  test("two that lead to each other refuse at once, and come back when there is a way again", async () => {
    await isOnline(near);
    gate.run("ip", "route", "add", "unreachable", network.server.address);
    const agent = agents.get(gate.name)!;
    // The link that is up is not told of the route: it breaks when nothing comes back any more.
    await agent.prints(/waypoint\.(no-link|loop)/, 30_000);
    expect((await detail(gate)).state).toBe("offline");
    gate.run("ip", "route", "del", "unreachable", network.server.address);
    await isOnline(gate);
    await isOnline(near);
  });

  test("strangers get nowhere but to the server's own door", async () => {
    const asked = (target: string): string =>
      far.run(
        process.execPath,
        "-e",
        `const s = require("net").connect(${PORT}, "${near.address}", () => s.write("CONNECT ${target} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")); s.once("data", (d) => { process.stdout.write(String(d).split("\\r\\n")[0]); s.destroy(); })`,
      );
    expect(asked(SERVER)).toBe("HTTP/1.1 200 Connected");
    for (const target of ["10.78.0.1:22", `${gate.address}:${PORT}`, "127.0.0.1:8443", "example.org:443"])
      expect(asked(target)).toBe("HTTP/1.1 403 Refused");
  });

  test("one whose host is revoked cuts all that it carries at once, and nobody comes in through it", async () => {
    for (const host of [near, far]) await isOnline(host);
    const { doors } = (
      await server.call<{ readonly doors: readonly { readonly name: string }[] }>("GET", `/api/v1/hosts/${gate.name}`)
    ).body;
    const revoked = await server.call("POST", `/api/v1/enrolments/${doors[0]!.name}/revoke`);
    expect(revoked.status).toBe(200);
    // Not their own ends, which would find out later.
    for (const host of [near, far])
      await expect
        .poll(() => detail(host), { timeout: 20_000, interval: 50 })
        .toMatchObject({ state: "offline", offlineReason: "waypoint.barred" });
  });
});
