import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import { ask, type CoreFactory, testPlane } from "./conformance-harness.ts";
import type { ListenAddress, Peer } from "./core.ts";

const peer: Peer = { door: "public", address: "192.0.2.1", port: 1, hostName: () => Promise.resolve(undefined) };

/** How every network core asks who somebody is, takes its addresses before anything else, and becomes a daemon. */
export const daemonCases: Readonly<Record<string, (make: CoreFactory) => Promise<void>>> = {
  async "asks its plane whom credentials name, while it runs"(make) {
    const plane = testPlane({
      authenticate: async (credentials, from) => {
        if (credentials.token !== "good") throw new AtalayaError("identity.invalid", "unknown");
        return { name: `token:${from.address}`, permissions: new Set(["fleet.read" as const]) };
      },
    });
    await using under = await make({ open: async () => plane, port: 0 });
    const { core } = under;
    await assert.rejects(core.authenticate({ kind: "bearer", token: "good" }, peer));
    await core.run();
    const actor = await core.authenticate({ kind: "bearer", token: "good" }, peer);
    assert.equal(actor.name, "token:192.0.2.1");
    await assert.rejects(core.authenticate({ kind: "bearer", token: "bad" }, peer), { code: "identity.invalid" });
    await core.shutdown();
    await assert.rejects(core.authenticate({ kind: "bearer", token: "good" }, peer));
  },

  async "opens its plane only when it is bound, and tells it the ports it got"(make) {
    const plane = testPlane();
    let told: readonly ListenAddress[] | undefined;
    await using under = await make({ open: async (addresses) => ((told = addresses), plane), port: 0 });
    const { core } = under;
    await core.bind();
    const { port } = core.addresses[0]!;
    assert.ok(port > 0);
    assert.equal(told, undefined);
    const early = ask({ port, ca: under.caPem });
    await core.run();
    assert.deepEqual(told, core.addresses);
    assert.equal(core.addresses[0]!.port, port);
    assert.equal((await early).text, "hello");
    await core.shutdown();
  },

  async "lets go of what it bound when it is stopped before it runs, and then does not run"(make) {
    const plane = testPlane();
    await using under = await make({ open: async () => plane, port: 0 });
    await under.core.bind();
    const { port } = under.core.addresses[0]!;
    await Promise.all([under.core.shutdown(), under.core.block()]);
    await refused(port);
    await assert.rejects(under.core.run());
    assert.deepEqual(plane.seen, []);
  },

  async "becomes a daemon step by step: bound, detached, without privileges, plugins, watchers, ready, until it ends"(
    make,
  ) {
    const plane = testPlane();
    const { seen } = plane;
    await using under = await make({ open: async () => (seen.push("open"), plane), port: 0 });
    const { core } = under;
    const ready = Promise.withResolvers<void>();
    const step = (name: string) => async () => void seen.push(`${name} ${core.addresses.length}`);
    const life = core
      .daemonize({
        detach: step("detach"),
        dropPrivileges: step("drop"),
        loadPlugins: step("plugins"),
        ready: async () => (seen.push("ready"), ready.resolve()),
      })
      .then(() => seen.push("ended"));
    await ready.promise;
    assert.deepEqual(seen, ["detach 1", "drop 1", "plugins 1", "open", "start", "ready"]);
    assert.equal((await ask({ port: core.addresses[0]!.port, ca: under.caPem })).text, "hello");
    await core.shutdown();
    await life;
    assert.deepEqual(seen.slice(-2), ["drain", "ended"]);
  },

  async "lets go of everything when a step of becoming a daemon fails"(make) {
    const no = new Error("not root");
    for (const step of ["detach", "dropPrivileges", "loadPlugins", "ready"] as const) {
      const plane = testPlane();
      await using under = await make({ open: async () => plane, port: 0 });
      await assert.rejects(under.core.daemonize({ [step]: () => Promise.reject(no) }), no);
      await under.core.block();
      assert.deepEqual(plane.seen, step === "ready" ? ["start", "drain"] : []);
      await refused(under.core.addresses[0]!.port);
    }
  },
};

async function refused(port: number): Promise<void> {
  await assert.rejects(once(net.connect(port, "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });
}
