import { expect, test } from "vitest";
import { BoltConfig, completed } from "./bolt-config.ts";
import { basicOf } from "./basic.ts";
import { withoutDoubledSlashes } from "./slashes.ts";

test("doubled slashes are collapsed where the originals send them, and nowhere else", async () => {
  const path = (text: string) => new URL(withoutDoubledSlashes(new Request(`https://tower${text}`)).url).pathname;
  expect(path("//agents/serialkey/abc")).toBe("/agents/serialkey/abc");
  expect(path("//agents//x/bolt")).toBe("/agents/x/bolt");
  for (const same of ["/agents/x", "//proxy/x", "/proxy//agents/x", "//", "/api//v1"]) expect(path(same)).toBe(same);
  const request = new Request("https://tower//agents/x/csr?a=b", {
    method: "POST",
    headers: { authorization: "Basic eA==" },
    body: "a body",
  });
  const collapsed = withoutDoubledSlashes(request);
  expect([collapsed.method, collapsed.url, collapsed.headers.get("authorization")]).toEqual([
    "POST",
    "https://tower/agents/x/csr?a=b",
    "Basic eA==",
  ]);
  expect(await collapsed.text()).toBe("a body");
});

test("Basic credentials are read as they are sent; a token may hold colons", () => {
  const sent = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  expect(basicOf(sent("serial:to:ken"))).toEqual({ serialKey: "serial", token: "to:ken" });
  for (const header of [undefined, "", "Bearer x", "Basic", "Basic !!", sent("nocolon"), sent(":x")])
    expect(basicOf(header)).toBeUndefined();
});

test("a configuration that the originals would refuse is not taken", () => {
  expect(BoltConfig.safeParse({ logfile: "/tmp/x" }).success).toBe(false);
  expect(BoltConfig.safeParse({ uplinks: ["tower.example:443", "[fd00::1]:443", "10.0.0.1"] }).success).toBe(true);
  expect(completed({ beaconInterval: 5 }, ["a:443"])).toMatchObject({ uplinks: ["a:443"], beaconInterval: 5 });
});
