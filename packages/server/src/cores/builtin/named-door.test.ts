import { once } from "node:events";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FLEET_PROTOCOL } from "@atalaya/protocol";
import { foreignCertificate, hasOpenssl } from "../../platform/pki/openssl.testing.ts";
import { ask, running, upgradeOn } from "../conformance-harness.ts";
import { builtinFactory, testKeys } from "./setup.testing.ts";

describe.skipIf(!hasOpenssl)("a server with a certificate for its public name", () => {
  const name = "tower.example.org";
  let keys: Awaited<ReturnType<typeof testKeys>>;
  let certificates: Awaited<ReturnType<typeof foreignCertificate>>[];
  beforeAll(async () => {
    keys = await testKeys();
    certificates = await Promise.all([foreignCertificate(`DNS:${name}`), foreignCertificate(`DNS:${name}`)]);
  });
  afterAll(() => keys[Symbol.asyncDispose]());

  async function serving() {
    let renewed: () => void = () => undefined;
    let current = certificates[0]!;
    const named = () => ({ ...current, covers: (asked: string) => asked === name });
    const pki = {
      caPem: keys.pki.caPem,
      tls: () => ({ ...keys.pki.tls(), named: named() }),
      onRenewed: (listener: () => void) => ((renewed = listener), { [Symbol.dispose]: () => undefined }),
    };
    const server = await running(builtinFactory({ pki, agent: keys.agent }));
    return Object.assign(server, {
      replace(fresh: typeof current) {
        current = fresh;
        renewed();
      },
    });
  }
  async function shown(port: number, options: tls.ConnectionOptions): Promise<string> {
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
    await once(socket, "secureConnect");
    const subject = socket.getPeerX509Certificate()!.toString();
    socket.destroy();
    return subject;
  }

  test("shows it to who asks for that name, and the fleet's own to everybody else", async () => {
    await using server = await serving();
    const own = keys.pki.tls().certificatePem;
    const [given] = certificates;
    expect(await shown(server.port, { servername: name })).toBe(given!.certificatePem);
    expect(await shown(server.port, { servername: name, ALPNProtocols: ["http/1.1"] })).toBe(given!.certificatePem);
    expect(await shown(server.port, {})).toBe(own);
    expect(await shown(server.port, { servername: "other.example.org" })).toBe(own);
    // An agent that joins by that name trusts the fleet's CA alone.
    expect(await shown(server.port, { servername: name, ALPNProtocols: [FLEET_PROTOCOL, "http/1.1"] })).toBe(own);
    const link = server.link({ servername: name, checkServerIdentity: () => undefined });
    expect(await upgradeOn(link)).toContain("101");
    expect(link.getPeerX509Certificate()!.toString()).toBe(own);
    expect(server.plane.upgrades[0]?.peer.door).toBe("link");
  });

  test("answers requests and upgrades there as at its other public door", async () => {
    await using server = await serving();
    const [given] = certificates;
    const trust = { ca: given!.certificatePem, servername: name };
    expect((await ask({ ...trust, port: server.port, path: "/" })).text).toBe("hello");
    const live = tls.connect({ port: server.port, host: "127.0.0.1", ...trust });
    expect(await upgradeOn(live)).toContain("101");
    expect(server.plane.upgrades[0]?.peer.door).toBe("public");
    live.destroy();
  });

  test("shows the new one as soon as it is replaced", async () => {
    await using server = await serving();
    server.replace(certificates[1]!);
    expect(await shown(server.port, { servername: name })).toBe(certificates[1]!.certificatePem);
  });
});
