/** Two servers and one PostgreSQL database: one works, the other takes over when it is gone, and never both. */
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { freePort, joinAgent, serverProcess, startAgent } from "@atalaya/testkit";
import { engines } from "../packages/server/src/platform/store/engines.testing.ts";

const main = fileURLToPath(import.meta.resolve("@atalaya/server/main"));
const postgres = engines.find(({ engine }) => engine === "postgres")!;

test("a server on a database that another one works on is refused; when that one stalls, it takes over for good", async () => {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-one-database-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const place = undo.use(await postgres.place());
  const { url } = place.settings as { readonly url: string };
  const env = { ATALAYA_STORE: url, ATALAYA_HEARTBEAT_SECONDS: "1" };
  const [first, second] = [join(folder, "first"), join(folder, "second")];

  const server = undo.use(await serverProcess({ data: first, env }));
  const port = await freePort();
  const servers = `127.0.0.1:${server.port},127.0.0.1:${port}`;
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", {});
  await joinAgent({ data: join(folder, "agent"), servers, token: body.token });
  undo.use(startAgent({ data: join(folder, "agent"), servers }));

  const start = (data: string) =>
    spawnSync(process.execPath, [main], {
      env: { ...env, ATALAYA_DATA: data, ATALAYA_LISTEN: `127.0.0.1:${port}`, ATALAYA_LOCAL_AGENT: "off" },
      encoding: "utf8",
    });
  // With keys of its own it could read nothing; with the same keys it would be a second mind.
  expect(start(join(folder, "other"))).toMatchObject({ status: 1, stderr: expect.stringContaining("data.foreign") });
  await cp(first, second, { recursive: true, filter: (path) => !path.startsWith(join(first, "store")) });
  const refused = start(second);
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("data.in-use") });
  expect(refused.stderr).toContain(first);
  // The same folder twice is refused at once, whatever the database.
  expect(start(first)).toMatchObject({ status: 1, stderr: expect.stringContaining("data.in-use") });

  process.kill(server.process.pid, "SIGSTOP");
  const next = undo.use(await serverProcess({ data: second, port, env }));
  const isOnline = async () => {
    const { body } = await next.call<{ items: readonly { state: string }[] }>("GET", "/api/v1/hosts");
    return body.items[0]?.state === "online";
  };
  await expect.poll(isOnline, { timeout: 20_000 }).toBe(true);

  process.kill(server.process.pid, "SIGCONT");
  expect(await server.process.ended()).toMatchObject({ code: 3 });
  expect(server.process.printed).toContain("store.taken");

  const job = await next.call<{ id: string }>("POST", "/api/v1/jobs", {
    selector: "all",
    capability: "exec",
    request: { command: { kind: "program", program: "true", args: [] } },
  });
  expect(job.status).toBe(201);
  const states = async () =>
    (await next.call<{ states: Readonly<Record<string, number>> }>("GET", `/api/v1/jobs/${job.body.id}`)).body.states;
  await expect.poll(states, { timeout: 10_000 }).toMatchObject({ succeeded: 1 });
}, 90_000);
