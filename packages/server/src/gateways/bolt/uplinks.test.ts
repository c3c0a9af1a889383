import { boltTower, type BoltIdentity } from "@atalaya/testkit/bolt-peer";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { hasOpenssl } from "../../platform/pki/openssl.testing.ts";
import { textOf } from "./poll.ts";
import { keepUplinks } from "./uplinks.ts";
import { identityOf, openBoltWorld, testCa } from "./world.testing.ts";

/** Other tests run beside these. */
const patiently = { timeout: 10_000 };

type World = Awaited<ReturnType<typeof openBoltWorld>>;

interface Listed {
  cname: string;
  ports: number[];
  address: string;
}

/** A stormtower's own HTTP port: its clients, and its proxy to them. */
async function towerHttp(world: World, clients: Listed[]): Promise<number> {
  return world.backend((request, response) => {
    const [, name, port, path] = /^\/proxy\/([^@]+)@(\d+)(\/.*)$/.exec(request.url!) ?? [];
    response.setHeader("content-type", "application/json");
    if (request.url === "/clients") return void response.end(JSON.stringify(clients, null, 2));
    if (name === undefined) return void response.writeHead(404).end("Not Found");
    response.end(JSON.stringify({ id: name, port, path, os: { hostname: `box-${name}`, type: "Linux" } }));
  });
}

let server: Promise<BoltIdentity> | undefined;
const serverIdentity = (): Promise<BoltIdentity> =>
  (server ??= testCa().then((ca) => ca.issue("stormtower", "serverAuth")));

async function dialling(world: World, servers: readonly { readonly host: string; readonly port: number }[]) {
  const { certificate: certificatePem, key: keyPem } = await identityOf("atalaya");
  return keepUplinks({
    servers,
    identity: () => ({ certificatePem, keyPem }),
    ca: [(await testCa()).certificate],
    ...{ gateway: world.gateway, clock: systemClock, log: silentLog },
    ...{ pollMs: 100, beaconMs: 50, redialMs: 50 },
  });
}

describe.skipIf(!hasOpenssl)("an existing stormbolt server, dialled as one of its clients", () => {
  test("its clients are hosts reached through it, and leave when it lists them no more", async () => {
    await using world = await openBoltWorld({ pollMs: 100 });
    const clients: Listed[] = [
      { cname: "a-1", ports: [5000], address: "::ffff:10.9.0.1" },
      { cname: "b-2", ports: [5000, 8000], address: "10.9.0.2" },
    ];
    await using tower = await boltTower({
      ...(await serverIdentity()),
      ca: (await testCa()).certificate,
      targets: { 8020: await towerHttp(world, clients) },
    });
    await using _ = await dialling(world, [{ host: "127.0.0.1", port: tower.port }]);
    const a = await world.online("a-1");
    const b = await world.online("b-2");
    expect(tower.clients.map(({ cname }) => cname)).toEqual(["atalaya"]);
    expect(world.fleet.byKey(a)).toMatchObject({
      name: "box-a-1",
      doors: [{ kind: "bolt", name: "a-1", online: true, address: "10.9.0.1", via: `127.0.0.1:${tower.port}` }],
    });
    const { status, body } = await world.gateway.exchange(b, { port: 8000, method: "GET", path: "/x?y=z" });
    expect([status, JSON.parse(await textOf(body))]).toMatchObject([200, { id: "b-2", port: "8000", path: "/x?y=z" }]);
    for (const path of ["/../../personality", "/%2e%2e/clients", "//x"]) {
      const asked = Promise.try(() => world.gateway.exchange(b, { port: 8000, method: "GET", path }));
      await expect(asked, path).rejects.toMatchObject({ code: "request.malformed" });
    }
    await expect(world.gateway.exchange(a, { port: 8000, method: "GET", path: "/" })).rejects.toMatchObject({
      code: "bolt.refused",
    });
    await expect.poll(tower.beacons, patiently).toBeGreaterThan(3);

    clients.shift();
    await expect.poll(() => world.fleet.byKey(a)?.state, patiently).toBe("offline");
    expect(world.fleet.byKey(b)?.state).toBe("online");
  });

  test("an agent that connects itself is reached directly from then on", async () => {
    await using world = await openBoltWorld({ pollMs: 100 });
    await using tower = await boltTower({
      ...(await serverIdentity()),
      ca: (await testCa()).certificate,
      targets: { 8020: await towerHttp(world, [{ cname: "near", ports: [5000], address: "10.9.0.1" }]) },
    });
    await using _ = await dialling(world, [{ host: "127.0.0.1", port: tower.port }]);
    const key = await world.online("near");
    await world.peer("near");
    await expect
      .poll(() => world.fleet.byKey(key)?.doors[0], patiently)
      .toMatchObject({ address: "127.0.0.1", online: true });
    expect(world.fleet.byKey(key)?.doors).toHaveLength(1);
    expect(world.fleet.byKey(key)?.doors[0]?.via).toBeUndefined();
  });

  test("a server that goes away, or answers no beacons, is dialled again; one of another CA never", async () => {
    await using world = await openBoltWorld({ pollMs: 100 });
    const http = await towerHttp(world, [{ cname: "a-1", ports: [5000], address: "10.9.0.1" }]);
    const options = { ...(await serverIdentity()), ca: (await testCa()).certificate, targets: { 5000: http } };
    await using tower = await boltTower({ ...options, deaf: true });
    await using _ = await dialling(world, [{ host: "127.0.0.1", port: tower.port }]);
    const key = await world.online("a-1");
    await expect.poll(() => world.fleet.byKey(key)?.offlineReason, patiently).toBe("bolt.silent");
    await world.online("a-1");
    tower.cut();
    await expect.poll(() => world.fleet.byKey(key)?.offlineReason, patiently).toBe("bolt.gone");
    await world.online("a-1");
  });
});
