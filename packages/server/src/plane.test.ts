import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLocalCore, type LocalCore } from "./cores/local/index.ts";
import { createPlane, type Plane } from "./plane.ts";
import { silentLog } from "./platform/log/index.ts";
import { parseSettings } from "./settings/index.ts";

const owned = new AsyncDisposableStack();
let plane: Plane;
let core: LocalCore;
let token: string;
beforeAll(async () => {
  const data = await mkdtemp(join(tmpdir(), "atalaya-plane-"));
  owned.defer(() => rm(data, { recursive: true, force: true }));
  const listen = [{ host: "0.0.0.0", port: 0 }];
  plane = owned.use(
    await createPlane({
      settings: { ...parseSettings({ env: {} }), data, listen },
      addresses: [{ host: "0.0.0.0", port: 18_443 }],
      log: silentLog,
    }),
  );
  core = createLocalCore({ plane });
  await core.run();
  owned.defer(() => core.shutdown());
  token = (await readFile(await plane.issueLocalToken(), "utf8")).trim();
});
afterAll(() => owned.disposeAsync());

async function call(method: string, path: string, body?: unknown) {
  const response = await core.fetch(
    new Request(`https://localhost${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  return response.text();
}

test("what a server describes is what the client was generated from", async () => {
  const file = await readFile(join(import.meta.dirname, "../../client/openapi.json"), "utf8");
  const described: unknown = JSON.parse(await call("GET", "/api/v1/openapi.json"));
  expect(`${JSON.stringify(described, null, 2)}\n`).toBe(file);
});

test("the join line and install.sh name the port that was bound, not the one that was asked for", async () => {
  const { line } = JSON.parse(await call("POST", "/api/v1/join-tokens", {})) as { line: string };
  expect(line).toContain(":18443/install.sh");
  expect(line).not.toMatch(/:0\//);
  expect(await call("GET", "/install.sh")).toMatch(/:18443\b/);
});

test("connections and subscriptions of the live stream are counted", async () => {
  const metrics = await call("GET", "/metrics");
  expect(metrics).toContain("\natalaya_live_connections 0\n");
  expect(metrics).toContain("\natalaya_live_subscriptions 0\n");
});

test("remote procedures answer who was authenticated, each what its token allows", async () => {
  const admin = await core.authenticate({ kind: "bearer", token });
  expect(await core.rpc("system.listMethods", [], admin)).toEqual([
    "atalaya.hosts",
    "atalaya.server",
    "system.listMethods",
    "system.methodHelp",
  ]);
  expect(await core.rpc("atalaya.server", [], admin)).toEqual(JSON.parse(await call("GET", "/api/v1/server")));
  expect(await core.rpc("atalaya.hosts", [], admin)).toEqual([]);
  expect(await core.rpc("atalaya.hosts", ["state:online"], admin)).toEqual([]);
  expect(await core.rpc("system.methodHelp", ["atalaya.hosts"], admin)).toMatch(
    /^atalaya\.hosts\(\[selector\]\)\n.*\nNeeds fleet\.read/,
  );
  await expect(core.rpc("atalaya.hosts", ["and and"], admin)).rejects.toMatchObject({ code: "selector.malformed" });

  const made = JSON.parse(await call("POST", "/api/v1/api-tokens", { name: "metrics", permissions: ["server.read"] }));
  const metrics = await core.authenticate({ kind: "bearer", token: made.token });
  expect(await core.rpc("atalaya.server", [], metrics)).toMatchObject({ name: "atalaya" });
  await expect(core.rpc("atalaya.hosts", [], metrics)).rejects.toMatchObject({ code: "identity.forbidden" });
});

test("credentials that are wrong, or of a kind nobody knows, name nobody", async () => {
  const refused = { code: "identity.invalid" };
  await expect(core.authenticate({ kind: "bearer", token: "nonsense" })).rejects.toMatchObject(refused);
  await expect(core.authenticate({ kind: "pam", user: "ana" } as never)).rejects.toMatchObject(refused);
});
