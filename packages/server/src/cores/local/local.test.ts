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

test("has ended when its plane cannot start", async () => {
  const core = createLocalCore({ plane: testPlane({ start: () => Promise.reject(new Error("no store")) }) });
  await expect(core.run()).rejects.toThrow("no store");
  await core.block();
  await core.shutdown();
});
