import { expect, test } from "vitest";
import { testPlane } from "../conformance-harness.ts";
import { createLocalCore } from "./local.ts";

test("answers callers of its own process, while it runs", async () => {
  const plane = testPlane({
    fetch: (request, peer) => Promise.resolve(new Response(`${new URL(request.url).pathname} ${peer.address}`)),
  });
  const core = createLocalCore({ plane });
  await expect(core.fetch(new Request("https://localhost/x"))).rejects.toThrow("does not run");
  await core.run();
  expect(await (await core.fetch(new Request("https://localhost/x"))).text()).toBe("/x 127.0.0.1");
  await Promise.all([core.shutdown(), core.shutdown(), core.block()]);
  expect(plane.seen).toEqual(["start", "drain"]);
  await expect(core.fetch(new Request("https://localhost/x"))).rejects.toThrow("does not run");
});

test("offers remote procedures and authentication to tools, while it runs", async () => {
  const ana = { name: "ana", permissions: new Set(["fleet.read" as const]) };
  const core = createLocalCore({
    plane: testPlane({
      authenticate: async ({ token }, { address }) => ({ ...ana, name: `${token}@${address}` }),
      rpc: async (method, args, { actor, peer }) => [method, ...args, actor?.name ?? "nobody", peer.address],
    }),
  });
  await expect(core.rpc("x", [])).rejects.toThrow("does not run");
  await expect(core.authenticate({ kind: "bearer", token: "t" })).rejects.toThrow("does not run");
  await core.run();
  const actor = await core.authenticate({ kind: "bearer", token: "t" });
  expect(await core.rpc("x", [1], actor)).toEqual(["x", 1, "t@127.0.0.1", "127.0.0.1"]);
  expect(await core.rpc("x", [])).toEqual(["x", "nobody", "127.0.0.1"]);
  await core.shutdown();
  await expect(core.rpc("x", [])).rejects.toThrow("does not run");
});

test("has ended when its plane cannot start", async () => {
  const core = createLocalCore({ plane: testPlane({ start: () => Promise.reject(new Error("no store")) }) });
  await expect(core.run()).rejects.toThrow("no store");
  await core.block();
  await core.shutdown();
});
