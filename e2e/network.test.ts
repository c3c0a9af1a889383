/** Real agents on hosts of a real (if small) network: what cables, proxies, several servers and other disks do to a link. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  canMakeNetworks,
  connectProxy,
  doorway,
  joinAgent,
  serverProcess,
  startAgent,
  testNetwork,
  type NetworkHost,
  type OwnedProcess,
  type ProcessOptions,
  type ServerProcess,
  type TestNetwork,
} from "@atalaya/testkit";

const HEARTBEAT_MS = 2_000;
const FIRST = "10.78.0.1:8443";
const SECOND = "10.78.0.2:8443";

interface HostDetail {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly offlineReason?: string;
  readonly systems: readonly { readonly name: string; readonly enrolment?: string; readonly state: string }[];
}

describe.runIf(canMakeNetworks)("an agent on a network", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-network-"));
  const agents: OwnedProcess[] = [];
  const owned = new AsyncDisposableStack();
  let network: TestNetwork;
  let server: ServerProcess;
  let used = 0;

  beforeAll(async () => {
    owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    network = owned.use(testNetwork(7));
    execFileSync("ip", ["-n", network.server.namespace, "addr", "add", "10.78.0.2/24", "dev", "eth0"]);
    const spawn = (options: ProcessOptions) => network.server.spawn(options);
    const socketPath = join(folder, "door");
    owned.use(await doorway(network.server, { host: "127.0.0.1", port: 8443 }, socketPath));
    server = await serverProcess({
      data: join(folder, "server"),
      host: "127.0.0.1",
      port: 8443,
      socketPath,
      spawn,
      env: {
        ATALAYA_HEARTBEAT_SECONDS: String(HEARTBEAT_MS / 1000),
        ATALAYA_LISTEN: `${FIRST},${SECOND},127.0.0.1:8443`,
      },
    });
    owned.use(server);
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent[Symbol.asyncDispose]();
  });
  afterAll(() => owned.disposeAsync());

  function nextHost(): NetworkHost {
    used += 1;
    return network.hosts[used - 1]!;
  }

  interface Wish {
    readonly servers?: string;
    readonly data?: string;
    readonly env?: Readonly<Record<string, string>>;
  }

  async function enrol(
    host: NetworkHost,
    { servers = FIRST, data = join(folder, host.name), env = {} }: Wish = {},
  ): Promise<void> {
    const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
      uses: 1,
      expiresInMs: 600_000,
    });
    await joinAgent({ data, servers, token: body.token, env, spawn: (options) => host.spawn(options) });
  }

  function start(
    host: NetworkHost,
    { servers = FIRST, data = join(folder, host.name), env = {} }: Wish = {},
  ): OwnedProcess {
    const agent = startAgent({ data, servers, env, spawn: (options) => host.spawn(options) });
    agents.push(agent);
    return agent;
  }

  async function detail(name: string): Promise<HostDetail> {
    return (await server.call<HostDetail>("GET", `/api/v1/hosts/${name}`)).body;
  }

  async function hostIs(name: string, state: string, withinMs = 30_000): Promise<void> {
    await expect.poll(async () => (await detail(name)).state, { timeout: withinMs, interval: 50 }).toBe(state);
  }

  async function runs(name: string): Promise<void> {
    const request = { command: { kind: "program", program: "hostname", args: [] } };
    const { body: job } = await server.call<{ readonly id: string; readonly runs: readonly { readonly id: string }[] }>(
      "POST",
      "/api/v1/jobs",
      { selector: `name:${name}`, capability: "exec", request },
    );
    await expect
      .poll(async () => (await server.call<{ readonly states: object }>("GET", `/api/v1/jobs/${job.id}`)).body.states, {
        timeout: 20_000,
      })
      .toEqual({ succeeded: 1 });
    expect((await server.call<Buffer>("GET", `/api/v1/runs/${job.runs[0]!.id}/output`)).body.toString()).toBe(
      `${name}\n`,
    );
  }

  test("whose cable is pulled is missed on both sides within two and a half heartbeats, and comes back", async () => {
    const host = nextHost();
    await enrol(host);
    const agent = start(host);
    await hostIs(host.name, "online");
    const began = performance.now();
    host.cable("down");
    const silence = agent.prints(/link\.silent/, 20_000).then(() => performance.now() - began);
    await hostIs(host.name, "offline");
    const [atServer, atAgent] = [performance.now() - began, await silence];
    console.log(
      `cable pulled: the server missed it after ${Math.round(atServer)} ms, the agent after ${Math.round(atAgent)} ms (heartbeat ${HEARTBEAT_MS} ms)`,
    );
    // The last sign of life came up to a heartbeat before the cable was pulled; a second for a busy machine.
    for (const missed of [atServer, atAgent]) {
      expect(missed).toBeGreaterThan(HEARTBEAT_MS);
      expect(missed).toBeLessThan(2.5 * HEARTBEAT_MS + 1_500);
    }
    expect((await detail(host.name)).offlineReason).toBe("link.silent");
    host.cable("up");
    await hostIs(host.name, "online");
    await runs(host.name);
  });

  test("reaches a server through a proxy where there is no other way", async () => {
    const host = nextHost();
    const between = nextHost();
    for (const address of ["10.78.0.1", "10.78.0.2"])
      execFileSync("ip", ["-n", host.namespace, "route", "add", "unreachable", address]);
    await using proxy = await connectProxy(between, 3128);
    const env = { HTTPS_PROXY: `http://${between.address}:3128`, NO_PROXY: "localhost" };
    await enrol(host, { env });
    const agent = start(host, { env });
    await hostIs(host.name, "online");
    await runs(host.name);
    expect(proxy.printed).toContain(`tunnel ${FIRST}`);
    // Seen from there, it is the proxy that calls.
    const history = await server.call<{
      readonly items: readonly { readonly event: string; readonly address?: string }[];
    }>("GET", `/api/v1/hosts/${host.name}/history`);
    expect(history.body.items.map(({ address }) => address)).toContain(between.address);

    await proxy.end("SIGKILL");
    await hostIs(host.name, "offline");
    await using again = await connectProxy(between, 3128);
    await hostIs(host.name, "online", 60_000);
    expect(again.printed).toContain(`tunnel ${FIRST}`);
    await agent.end("SIGTERM");
    const alone = start(host);
    await alone.prints(/host\.offline/);
  });

  test("goes to the second server when the first does not answer, and back when it does", async () => {
    const host = nextHost();
    const servers = `${FIRST},${SECOND}`;
    await enrol(host, { servers });
    const agent = start(host, { servers });
    await hostIs(host.name, "online");
    const connectedTo = (): string | undefined =>
      [...agent.printed.matchAll(/link\.up.*?(10\.78\.0\.\d:8443)/g)].at(-1)?.[1];
    // The server knows of the link a moment before the agent has told its log.
    await expect.poll(connectedTo).toBe(FIRST);
    const onServer = (...args: readonly string[]) => execFileSync("ip", ["-n", network.server.namespace, ...args]);
    // Taken without a word, as when a machine loses its power.
    onServer("addr", "del", "10.78.0.1/24", "dev", "eth0");
    onServer("addr", "replace", "10.78.0.2/24", "dev", "eth0");
    try {
      await expect.poll(connectedTo, { timeout: 60_000 }).toBe(SECOND);
      await hostIs(host.name, "online");
      await runs(host.name);
    } finally {
      onServer("addr", "add", "10.78.0.1/24", "dev", "eth0");
    }
    // It would look for the first within minutes; a new process begins with it at once.
    await agent.end("SIGTERM");
    const next = start(host, { servers });
    await next.prints(/link\.up.*10\.78\.0\.1:8443/);
  });

  test("is sent away with a slot when the server stops, and comes back by itself", async () => {
    const hosts = [nextHost(), nextHost()];
    const mine: OwnedProcess[] = [];
    for (const host of hosts) {
      await enrol(host);
      mine.push(start(host));
      await hostIs(host.name, "online");
    }
    const ended = await server.process.end("SIGTERM");
    expect(ended, server.process.printed).toEqual({ code: 0, signal: null });
    for (const agent of mine) await agent.prints(/server\.draining/);
    await server.start();
    for (const host of hosts) {
      await hostIs(host.name, "online");
      await runs(host.name);
    }
    for (const agent of mine) expect(agent.printed, "resumed").toMatch(/link\.up.*resumed\W+true/);
  });

  test("stays the same host with another system and with a new disk, and one system is online at a time", async () => {
    const host = nextHost();
    const installed = join(folder, "installed");
    await enrol(host, { data: installed });
    start(host, { data: installed });
    await hostIs(host.name, "online");
    const before = await detail(host.name);
    expect(before.systems).toHaveLength(1);

    // The same machine boots another operating system, with a key of its own.
    const root = join(folder, "other-root");
    mkdirSync(join(root, "etc"), { recursive: true });
    symlinkSync("/sys", join(root, "sys"));
    writeFileSync(join(root, "etc", "machine-id"), "0123456789abcdef0123456789abcdef\n");
    const other = { data: join(folder, "other"), env: { ATALAYA_AGENT_ROOT: root } };
    await enrol(host, other);
    const second = start(host, other);
    await second.prints(/link\.up/);
    await expect
      .poll(async () => (await detail(host.name)).systems.map(({ state }) => state).toSorted(), { timeout: 20_000 })
      .toEqual(["offline", "online"]);
    const both = await detail(host.name);
    expect(both.id).toBe(before.id);
    expect(both.systems.find(({ state }) => state === "online")?.enrolment).not.toBe(before.systems[0]!.enrolment);
    for (const agent of agents.splice(0)) await agent.end("SIGTERM");
    await hostIs(host.name, "offline");

    // A new disk: nothing is left of the first system but the hardware it ran on.
    const fresh = join(folder, "fresh");
    await enrol(host, { data: fresh });
    start(host, { data: fresh });
    await hostIs(host.name, "online");
    const after = await detail(host.name);
    expect(after.id).toBe(before.id);
    expect(after.systems.find(({ state }) => state === "online")?.enrolment).not.toBe(before.systems[0]!.enrolment);
    await runs(host.name);
  });
});
