/** People run commands as themselves: PAM accounts, a browser's cookie and socket, a real agent that root started. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  callServer,
  joinAgent,
  serverProcess,
  startAgent,
  type OwnedProcess,
  type ServerProcess,
} from "@atalaya/testkit";
import { isRoot, PASSWORD, testAccounts } from "../packages/server/src/platform/pam/accounts.testing.ts";

interface Job {
  readonly id: string;
  readonly code?: string;
  readonly request: { readonly account?: string };
  readonly runs: readonly { readonly id: string }[];
}
interface Output {
  readonly run: string;
  readonly job: string;
  readonly stream: string;
  readonly data: string;
}

describe.runIf(isRoot)("people at one host", () => {
  const accounts = testAccounts();
  let folder: string;
  let server: ServerProcess;
  let agent: OwnedProcess;
  let ana: Awaited<ReturnType<typeof browserOf>>;
  let eva: Awaited<ReturnType<typeof browserOf>>;
  let admin: Awaited<ReturnType<typeof browserOf>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atalaya-oneself-"));
    const admins = await accounts.group();
    const service = await accounts.service("auth required pam_unix.so\naccount required pam_unix.so");
    server = await serverProcess({
      data: join(folder, "server"),
      env: { ATALAYA_PAM_SERVICE: service, ATALAYA_ROLES: `admin:${admins},user:*`, ATALAYA_TEST_PASSWORD: "hunter2" },
    });
    const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", {});
    const place = { data: join(folder, "agent"), servers: `${server.host}:${server.port}` };
    await joinAgent({ ...place, token: body.token });
    agent = startAgent(place);
    [ana, eva, admin] = [
      await browserOf(await accounts.add()),
      await browserOf(await accounts.add()),
      await browserOf(await accounts.add([admins])),
    ];
  }, 60_000);
  afterAll(async () => {
    await agent?.[Symbol.asyncDispose]();
    await server?.end("SIGTERM");
    await accounts[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function browserOf(account: string) {
    const { host, port, ca, url } = server;
    const call = <T>(method: string, path: string, body?: unknown, headers = {}) =>
      callServer<T>({ host, port, ca }, method, path, body, headers);
    const wish = { kind: "pam", account, password: PASSWORD };
    const answer = await call<{ csrf: string }>("POST", "/api/v1/session", wish);
    const cookie = answer.headers["set-cookie"]![0]!.split(";", 1)[0]!;
    const headers = { cookie, origin: url, "x-atalaya-csrf": answer.body.csrf };
    return {
      account,
      cookie,
      call: <T>(method: string, path: string, body?: unknown) => call<T>(method, path, body, headers),
      run: (script: string, more: object = {}) => call<Job>("POST", "/api/v1/jobs", jobOf(script, more), headers),
    };
  }
  const jobOf = (script: string, more: object) => ({
    selector: "all",
    capability: "exec",
    request: { command: { kind: "shell", script }, cwd: "/", ...more },
  });

  /** One tab: everything it hears of its user's output. */
  async function tabOf({ cookie }: { readonly cookie: string }) {
    const socket = new WebSocket(`${server.url.replace("https", "wss")}/api/v1/live`, "atalaya.live.v1", {
      ca: server.ca,
      headers: { cookie, origin: server.url },
    });
    const heard: Output[] = [];
    const ready = new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("open", () => socket.send(JSON.stringify({ type: "subscribe", id: 1, topic: "my-output" })));
      socket.on("message", (data) => {
        const frame = JSON.parse((data as Buffer).toString()) as { type: string; events?: Output[] };
        if (frame.type === "error") reject(new Error(JSON.stringify(frame)));
        if (frame.type === "batch") resolve();
        heard.push(...(frame.events ?? []));
      });
    });
    await ready;
    return {
      heard,
      text: (run: string, stream?: string) =>
        heard
          .filter((event) => event.run === run && (stream === undefined || event.stream === stream))
          .map(({ data }) => Buffer.from(data, "base64").toString())
          .join(""),
      [Symbol.dispose]: () => socket.terminate(),
    };
  }

  test("each command is its owner's: account, groups and environment, whoever's tab shows it", async () => {
    using hers = await tabOf(ana);
    using others = await tabOf(eva);
    const { status, body: job } = await ana.run(
      "id -un; id -ru; env; touch /etc/atalaya-was-here && echo wrote; echo the end",
    );
    expect(status).toBe(201);
    const run = job.runs[0]!.id;
    await expect.poll(() => hers.text(run), { timeout: 15_000 }).toContain("the end");
    // The two streams are two pipes: what was written first into one may be heard after the other.
    const [name, uid] = hers.text(run, "stdout").split("\n");
    expect(name).toBe(ana.account);
    expect(Number(uid)).toBeGreaterThanOrEqual(1000);
    expect(hers.text(run)).toContain(`LOGNAME=${ana.account}\n`);
    expect(hers.text(run)).not.toMatch(/hunter2|wrote|ATALAYA_(?!RUN=)/);

    const theirs = (await eva.run("id -un; echo the end")).body.runs[0]!.id;
    await expect.poll(() => others.text(theirs), { timeout: 15_000 }).toBe(`${eva.account}\nthe end\n`);
    expect(new Set(hers.heard.map((event) => event.run))).toEqual(new Set([run]));
    expect(new Set(others.heard.map((event) => event.run))).toEqual(new Set([theirs]));
  }, 40_000);

  test("nobody is root, or their neighbour, by asking; an administrator is whom they ask for", async () => {
    for (const account of ["root", eva.account]) {
      expect(await ana.run("id", { account })).toMatchObject({ status: 403, body: { code: "job.account-forbidden" } });
    }
    const { body: job } = await admin.run("id -un", { account: eva.account });
    await expect
      .poll(async () => String((await admin.call("GET", `/api/v1/runs/${job.runs[0]!.id}/output`)).body), {
        timeout: 15_000,
      })
      .toBe(`${eva.account}\n`);
  }, 30_000);

  test("nobody sees, stops or repeats what is another's", async () => {
    const { body: job } = await ana.run("echo secret; sleep 30");
    const run = job.runs[0]!.id;
    const tries: readonly (readonly [string, string, unknown?])[] = [
      ["GET", `/api/v1/jobs/${job.id}`],
      ["GET", `/api/v1/jobs/${job.id}/runs`],
      ["GET", `/api/v1/runs/${run}`],
      ["GET", `/api/v1/runs/${run}/output`],
      ["POST", `/api/v1/runs/${run}/cancel`],
      ["POST", `/api/v1/jobs/${job.id}/cancel`],
      ["POST", `/api/v1/jobs/${job.id}/retry`, {}],
    ];
    for (const [method, path, body] of tries) expect((await eva.call(method, path, body)).status, path).toBe(404);
    expect(JSON.stringify((await eva.call("GET", "/api/v1/jobs")).body)).not.toContain(job.id);
    expect((await ana.call<Job>("POST", `/api/v1/jobs/${job.id}/cancel`)).status).toBe(200);
  }, 20_000);

  test("all of it stands in the audit log: who signed in, who ran what as whom, and who tried", async () => {
    const ofAna = `/api/v1/audit?limit=100&actor=${encodeURIComponent(`pam:${ana.account}`)}`;
    const { body } = await admin.call<{ items: { action: string; outcome: string; code?: string }[] }>("GET", ofAna);
    const told = body.items.map(({ action, outcome, code }) => [action, code ?? outcome].join(" ")).toReversed();
    expect(told).toEqual([
      "session.create done",
      "job.create done",
      "job.create job.account-forbidden",
      "job.create job.account-forbidden",
      "job.create done",
      "job.cancel done",
    ]);
    expect(JSON.stringify(body)).not.toContain(PASSWORD);
    expect((await ana.call("GET", ofAna)).status).toBe(403);
    expect(await admin.call("GET", "/api/v1/audit/verify")).toMatchObject({ body: { good: true } });
  });
});
