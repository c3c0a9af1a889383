/** The whole way of a deployment: the real server, real agents, an account of the test's own. Needs root. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, uploadBlob } from "@atalaya/client";
import { joinAgent, serverProcess, startAgent, type OwnedProcess, type ServerProcess } from "@atalaya/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeploymentDetail, HostResult } from "./views.ts";

const isRoot = process.getuid?.() === 0;
const owned = new AsyncDisposableStack();
const account = `atalaya-${randomBytes(4).toString("hex")}`;
const home = `/home/${account}`;
let folder: string;
let server: ServerProcess;
let agent: OwnedProcess;

beforeAll(async () => {
  if (!isRoot) return;
  execFileSync("useradd", ["-m", "-s", "/bin/sh", "-K", "UID_MIN=5000", account]);
  owned.defer(() => void execFileSync("userdel", ["-r", account], { stdio: "ignore" }));
  folder = await mkdtemp(join(tmpdir(), "atalaya-deployments-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  server = owned.use(await serverProcess({ data: join(folder, "server") }));
  const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
    uses: 1,
    expiresInMs: 600_000,
  });
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: body.token });
  agent = owned.use(startAgent({ data, servers }));
}, 60_000);
afterAll(() => owned.disposeAsync());

async function artifact(name: string, content: string | Uint8Array, more: object = {}) {
  const file = join(folder, "upload");
  await writeFile(file, content);
  // The local token is another one after each start.
  const client = createClient({ url: server.url, token: server.token, ca: server.ca });
  try {
    return { name, ...(await uploadBlob(client, file)), ...more };
  } finally {
    client.close();
  }
}
async function deploy(wish: object, headers: Record<string, string> = {}) {
  const { status, body } = await server.call<DeploymentDetail>(
    "POST",
    "/api/v1/deployments",
    { selector: "all", account, ...wish },
    headers,
  );
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}
async function ended(id: string): Promise<readonly HostResult[]> {
  await expect
    .poll(async () => (await server.call<DeploymentDetail>("GET", `/api/v1/deployments/${id}`)).body.job.state, {
      timeout: 20_000,
    })
    .toBe("finished");
  return (await server.call<{ items: HostResult[] }>("GET", `/api/v1/deployments/${id}/hosts?files=true`)).body.items;
}
const post = <T>(path: string, body: object = {}) => server.call<T>("POST", `/api/v1${path}`, body);

describe.runIf(isRoot)("deployments", () => {
  test("bring files to hosts, tell of each, and put back what was with one call", async () => {
    const made = await deploy({
      artifacts: [await artifact("app/a", "one"), await artifact("app/b", "b")],
      into: "web",
    });
    expect(made).toMatchObject({ kind: "deploy", files: 2, bytes: 4, createdBy: "local", rollbacks: [] });
    const [host] = await ended(made.id);
    expect(host).toMatchObject({
      run: { state: "succeeded" },
      folder: `${home}/web`,
      counts: { created: 2 },
      files: [
        { name: "app/a", outcome: "created" },
        { name: "app/b", outcome: "created" },
      ],
    });
    const next = await deploy({
      artifacts: [await artifact("app/a", "two"), await artifact("app/b", "b")],
      into: "web",
    });
    expect((await ended(next.id))[0]).toMatchObject({ counts: { replaced: 1, unchanged: 1 } });

    const { body: back } = await post<DeploymentDetail>(`/deployments/${next.id}/rollback`);
    expect(back).toMatchObject({ kind: "rollback", rollbackOf: next.id, files: 0, undoes: { files: 2, bytes: 4 } });
    expect((await ended(back.id))[0]).toMatchObject({ counts: { restored: 1 } });
    expect(await readFile(`${home}/web/app/a`, "utf8")).toBe("one");
    const { body: seen } = await server.call<DeploymentDetail>("GET", `/api/v1/deployments/${next.id}`);
    expect(seen.rollbacks).toEqual([back.id]);
    expect(seen.changed).toHaveLength(1);
    const same = await deploy({ artifacts: [await artifact("app/b", "b")], into: "web" });
    await ended(same.id);
    const { body: idle } = await server.call<DeploymentDetail>("GET", `/api/v1/deployments/${same.id}`);
    expect(idle.changed).toEqual([]);
    expect(await post(`/deployments/${same.id}/rollback`)).toMatchObject({ body: { code: "deploy.nothing-kept" } });
    const { body: job } = await server.call<{ origin: object }>("GET", `/api/v1/jobs/${back.job.id}`);
    expect(job.origin).toEqual({ kind: "deployment", id: back.id, rollbackOf: next.id });
    const { body: list } = await server.call<{ items: DeploymentDetail[] }>("GET", "/api/v1/deployments?limit=3");
    expect(list.items.map(({ id }) => id)).toEqual([same.id, back.id, next.id]);
  });

  test("run their command in the account's home when a rollback has removed the folder", async () => {
    const command = { kind: "shell", script: "pwd > ~/stood" };
    const made = await deploy({ artifacts: [await artifact("f", "gone")], into: "whole/folder", command });
    expect((await ended(made.id))[0]).toMatchObject({ run: { state: "succeeded" } });
    const { body: back } = await post<DeploymentDetail>(`/deployments/${made.id}/rollback`);
    expect((await ended(back.id))[0]).toMatchObject({ run: { state: "succeeded" }, counts: { removed: 1 } });
    expect(await readFile(`${home}/stood`, "utf8")).toBe(`${home}\n`);
  });

  test("are made once of one key, and not at all when their files are not there", async () => {
    const wish = { artifacts: [await artifact("f", "key")], into: "key" };
    const key = { "idempotency-key": randomBytes(8).toString("hex") };
    const [one, two] = [await deploy(wish, key), await deploy(wish, key)];
    expect(two.id).toBe(one.id);
    await ended(one.id);
    const before = (await server.call<{ items: unknown[] }>("GET", "/api/v1/deployments")).body.items.length;
    const sha256 = createHash("sha256").update("nowhere").digest("hex");
    const lost = await post("/deployments", { selector: "all", artifacts: [{ name: "x", sha256, size: 7 }] });
    expect([lost.status, (lost.body as { code: string }).code]).toEqual([404, "blob.unknown"]);
    const climbing = { name: "../x", sha256: one.artifacts[0]!.sha256, size: 3 };
    const refused = await post("/deployments", { selector: "all", artifacts: [climbing] });
    expect((refused.body as { code: string }).code).toBe("request.malformed");
    const after = (await server.call<{ items: unknown[] }>("GET", "/api/v1/deployments")).body.items.length;
    expect(after).toBe(before);
  });

  test("can be retried where they failed; the last attempt counts", async () => {
    const check = { kind: "shell", script: "test -e ~/ready" };
    const made = await deploy({ artifacts: [await artifact("f", "x")], into: "retry", check });
    expect((await ended(made.id))[0]).toMatchObject({
      run: { state: "failed", reason: { code: "deploy.check-failed" } },
    });
    await writeFile(`${home}/ready`, "");
    const { body: job } = await post<{ readonly id: string; readonly origin: object }>(`/jobs/${made.job.id}/retry`);
    expect(job.origin).toEqual({ kind: "deployment", id: made.id });
    await expect
      .poll(async () => (await server.call<{ state: string }>("GET", `/api/v1/jobs/${job.id}`)).body.state, {
        timeout: 9_000,
      })
      .toBe("finished");
    const [host] = await ended(made.id);
    expect(host).toMatchObject({ run: { state: "succeeded", job: job.id }, counts: { created: 1 } });
  });

  test("tell how far they have come over the live stream, until they have ended", async () => {
    const command = { kind: "shell", script: "until test -e go; do sleep 0.1; done" };
    const made = await deploy({ artifacts: [await artifact("f", "progress")], into: "far", command });
    const client = createClient({ url: server.url, token: server.token, ca: server.ca });
    const phases = new Set<string>();
    for await (const { events } of client.live.subscribe("progress", { job: made.job.id })) {
      for (const event of events) phases.add(String(event["phase"]));
      if (phases.has("running")) await writeFile(`${home}/far/go`, "");
    }
    client.close();
    expect([...phases].at(-1)).toBe("running");
    expect((await ended(made.id))[0]).toMatchObject({ run: { state: "succeeded" } });
  });

  test("are saved under a name, and run again with their files", async () => {
    const spec = { selector: "all", account, artifacts: [await artifact("f", "saved")], into: "saved" };
    const { status } = await server.call("PUT", "/api/v1/deployments/saved/web", spec);
    expect(status).toBe(200);
    const { body } = await post<DeploymentDetail>("/deployments/saved/web/run");
    expect((await ended(body.id))[0]?.counts).toEqual({ created: 1 });
    const { body: again } = await post<DeploymentDetail>(`/deployments/${body.id}/again`);
    expect((await ended(again.id))[0]?.counts).toEqual({ unchanged: 1 });
    expect((await server.call("DELETE", "/api/v1/deployments/saved/web")).status).toBe(204);
    expect((await post("/deployments/saved/web/run")).status).toBe(404);
  });

  test("go on when the server is killed in the middle, and run their command once", async () => {
    const big = randomBytes(30 * 1024 * 1024);
    const command = { kind: "shell", script: "echo x >>ran" };
    const made = await deploy({ artifacts: [await artifact("big", big)], into: "killed", command });
    await server.end();
    await server.start();
    expect((await ended(made.id))[0]).toMatchObject({ run: { state: "succeeded" } });
    expect((await readFile(`${home}/killed/big`)).equals(big)).toBe(true);
    expect(await readFile(`${home}/killed/ran`, "utf8")).toBe("x\n");
    expect(agent.running).toBe(true);
  }, 60_000);
});

describe.runIf(isRoot)("scripts", () => {
  test("take values of their types as variables, never as text", async () => {
    const text = 'printf "%s|%s|%s|%s|" "$WORD" "$COUNT" "$FLAG" "$(cat "$FILE")"; test "$PASS" = "s3cret" && echo yes';
    const parameters = [
      { type: "string", name: "WORD" },
      { type: "number", name: "COUNT", integer: true, min: 1, default: 3 },
      { type: "boolean", name: "FLAG", default: false },
      { type: "file", name: "FILE" },
      { type: "secret", name: "PASS" },
    ];
    expect((await server.call("PUT", "/api/v1/scripts/tell", { text, parameters })).status).toBe(200);
    const { sha256 } = await artifact("f", "content");
    const evil = "'; rm -rf $HOME; echo `id` \"$(id)";
    const values = { WORD: evil, FILE: { sha256 } };
    const wrong = await post<{ code: string; detail: string }>("/scripts/tell/run", { selector: "all", values });
    expect(wrong.body).toMatchObject({ code: "request.malformed", detail: "secrets.PASS is missing." });
    const { body: job } = await post<{ runs: { id: string }[] }>("/scripts/tell/run", {
      selector: "all",
      account,
      values,
      secrets: { PASS: "s3cret" },
    });
    const run = job.runs[0]!.id;
    await expect
      .poll(async () => (await server.call<{ state: string }>("GET", `/api/v1/runs/${run}`)).body.state, {
        timeout: 9_000,
      })
      .toBe("succeeded");
    const output = await server.call<Buffer>("GET", `/api/v1/runs/${run}/output`);
    expect(output.body.toString()).toBe(`${evil}|3|false|content|yes\n`);
    expect((await server.call("DELETE", "/api/v1/scripts/tell")).status).toBe(204);
  });
});
