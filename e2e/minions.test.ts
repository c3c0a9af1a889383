/** Real agents on hosts of a small network, and an old caller who only knows `/minions`: what changes, and what does not. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  canMakeNetworks,
  doorway,
  joinAgent,
  serverProcess,
  startAgent,
  testNetwork,
  type ProcessOptions,
  type ServerProcess,
  type TestNetwork,
} from "@atalaya/testkit";

interface Minion {
  readonly id: string;
  readonly os: {
    readonly hostname: string;
    readonly uptime: number;
    readonly networkInterfaces: Readonly<Record<string, readonly { readonly address: string }[]>>;
  };
  readonly versions: Readonly<Record<string, string>>;
}

describe.runIf(canMakeNetworks)("the list of minions", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-minions-"));
  const owned = new AsyncDisposableStack();
  let network: TestNetwork;
  let server: ServerProcess;

  beforeAll(async () => {
    owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    network = owned.use(testNetwork(2));
    const socketPath = join(folder, "door");
    owned.use(await doorway(network.server, { host: "127.0.0.1", port: 8443 }, socketPath));
    server = owned.use(
      await serverProcess({
        data: join(folder, "server"),
        host: "127.0.0.1",
        port: 8443,
        socketPath,
        spawn: (options: ProcessOptions) => network.server.spawn(options),
        env: { ATALAYA_LISTEN: "10.78.0.1:8443,127.0.0.1:8443", ATALAYA_TOWER_LISTEN: "127.0.0.1:8020" },
      }),
    );
  }, 60_000);
  afterAll(() => owned.disposeAsync());

  /** As an old caller asks: plain HTTP on the server's own machine, no token. */
  function curl(...args: readonly string[]): string {
    return network.server.run("curl", "-sS", ...args);
  }
  const minions = async (): Promise<readonly Minion[]> =>
    JSON.parse(curl("http://127.0.0.1:8020/minions")) as readonly Minion[];
  const digest = (path = "/minions"): string | undefined =>
    /^Content-MD5: ([0-9a-f]{32})\r$/m.exec(curl("-I", `http://127.0.0.1:8020${path}`))?.[1];

  test("changes its digest with an interface of a host, and not with the time", async () => {
    const token = (await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", { uses: 2 })).body
      .token;
    for (const [n, host] of network.hosts.entries()) {
      const agent = {
        data: join(folder, `agent-${n}`),
        servers: "10.78.0.1:8443",
        spawn: (options: ProcessOptions) => host.spawn(options),
      };
      await joinAgent({ ...agent, token });
      owned.use(startAgent(agent));
      await expect.poll(async () => (await minions()).length, { timeout: 20_000 }).toBe(n + 1);
    }
    const [first, second] = await minions();
    expect([first, second].map((minion) => minion!.os.hostname)).toEqual(network.hosts.map(({ name }) => name));
    expect(first!.versions["node"]).toBe(process.versions.node);
    const [all, one, other] = [digest(), digest(`/minions/${first!.id}`), digest(`/minions/${second!.id}`)];
    expect(all).toBeDefined();
    await pause(2_000);
    const later = await minions();
    expect(later[0]!.os.uptime).toBeGreaterThan(0);
    expect([digest(), digest(`/minions/${first!.id}`)]).toEqual([all, one]);

    const { namespace } = network.hosts[0]!;
    const ip = (...args: readonly string[]): void => void execFileSync("ip", ["-n", namespace, ...args]);
    ip("link", "add", "extra0", "type", "veth", "peer", "name", "extra1");
    ip("addr", "add", "10.99.0.1/24", "dev", "extra0");
    for (const end of ["extra0", "extra1"]) ip("link", "set", end, "up");
    await expect.poll(() => digest(), { timeout: 20_000, interval: 250 }).not.toBe(all);
    expect(digest(`/minions/${first!.id}`)).not.toBe(one);
    expect(digest(`/minions/${second!.id}`)).toBe(other);
    const changed = JSON.parse(curl(`http://127.0.0.1:8020/minions/${first!.id}`)) as Minion;
    expect(changed.os.networkInterfaces["extra0"]?.[0]?.address).toBe("10.99.0.1");

    const { body: history } = await server.call<{ items: readonly { revision: number; parts: readonly string[] }[] }>(
      "GET",
      `/api/v1/hosts/${first!.id}/status/history`,
    );
    expect(history.items[0]!.parts).toEqual(["os"]);
    ip("link", "del", "extra0");
    await expect.poll(() => digest(), { timeout: 20_000, interval: 250 }).toBe(all);
    expect(digest(`/minions/${first!.id}`)).toBe(one);
  });

  test("is the same after the server was killed and its agents came back", async () => {
    const before = digest();
    const ids = (await minions()).map(({ id }) => id);
    await server.end();
    await server.start();
    await expect.poll(() => digest(), { timeout: 60_000, interval: 500 }).toBe(before);
    expect((await minions()).map(({ id }) => id)).toEqual(ids);
  });
});
