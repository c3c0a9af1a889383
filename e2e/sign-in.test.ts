/** Signing in as a person meets it: a server that gave up being root, real accounts, real cookies, real sockets. */
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { callServer, serverProcess, type Answer, type ServerProcess } from "@atalaya/testkit";
import { isRoot, PASSWORD, testAccounts } from "../packages/server/src/platform/pam/accounts.testing.ts";

const COOKIE = "__Host-atalaya-session";

interface Session {
  readonly id: string;
  readonly csrf: string;
  readonly actor: { readonly name: string; readonly account?: string; readonly role: string };
}

describe.runIf(isRoot)("a server that root started for an account", () => {
  const accounts = testAccounts();
  let folder: string;
  let server: ServerProcess;
  let own: string;
  let admins: string;
  let slow: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atalaya-sign-in-"));
    await chmod(folder, 0o755);
    const runner = await accounts.add();
    admins = await accounts.group();
    slow = await accounts.add();
    // For one account a module that takes its time, for all others what pam_unix does.
    const service = await accounts.service(
      `auth [success=1 default=ignore] pam_succeed_if.so quiet user != ${slow}\n` +
        "auth required pam_exec.so quiet /bin/sleep 2\nauth required pam_unix.so\naccount required pam_unix.so",
    );
    server = await serverProcess({
      data: join(folder, "data"),
      env: {
        ATALAYA_USER: runner,
        ATALAYA_PAM_SERVICE: service,
        ATALAYA_ROLES: `admin:${admins},user:*`,
        ATALAYA_LOG_LEVEL: "debug",
      },
    });
    own = server.url;
  }, 60_000);
  afterAll(async () => {
    await server?.end("SIGTERM");
    await server?.[Symbol.asyncDispose]();
    await accounts[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function call<T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    const { host, port, ca } = server;
    return callServer<T>({ host, port, ca }, method, path, body, headers);
  }
  const signIn = (account: string, password: string = PASSWORD): Promise<Answer<Session & { code?: string }>> =>
    call("POST", "/api/v1/session", { kind: "pam", account, password });
  async function browserOf(account: string) {
    const answer = await signIn(account);
    expect(answer).toMatchObject({ status: 200 });
    const cookie = answer.headers["set-cookie"]![0]!.split(";", 1)[0]!;
    const headers = { cookie, origin: own, "x-atalaya-csrf": answer.body.csrf };
    return {
      session: answer.body,
      cookie,
      call: <T>(method: string, path: string, body?: unknown) => call<T>(method, path, body, headers),
      /** Opens the live stream as a page does; answers 101 or the status of the refusal. */
      live: (origin: string | undefined = own) => liveSocket(cookie, origin),
    };
  }
  async function liveSocket(cookie: string, origin: string | undefined) {
    const url = `${own.replace("https", "wss")}/api/v1/live`;
    const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
    const socket = new WebSocket(url, "atalaya.live.v1", { ca: server.ca, headers });
    const status = new Promise<number>((resolve) => {
      socket.on("open", () => resolve(101));
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("error", () => {});
    });
    return { socket, status: await status };
  }

  test("checks passwords by a keeper that stays root, and is the only one that does", async () => {
    const name = await accounts.add([admins]);
    const { session } = await browserOf(name);
    expect(session.actor).toMatchObject({ name: `pam:${name}`, account: name, role: "admin" });
    const uidOf = async (pid: number) => /^Uid:\t(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))![1];
    const children = (await childrenOf(server.process.pid!)).filter(({ args }) => args.includes("keeper.program.ts"));
    expect(children).toHaveLength(1);
    expect(await uidOf(children[0]!.pid)).toBe("0");
    expect(await uidOf(server.process.pid!)).not.toBe("0");
    expect((await stat(join(server.data, "session.keys"))).mode & 0o777).toBe(0o600);
  });

  test("says the same, after the same time, of accounts that exist and of others", async () => {
    const names = [await accounts.add(), await accounts.add(), "nobody-has-this", "nor-has-this"];
    const took: number[] = [];
    const said = new Set<string>();
    for (const name of names) {
      const began = performance.now();
      const { status, body } = await signIn(name, "guess");
      took.push(performance.now() - began);
      said.add(JSON.stringify({ status, ...body, requestId: "" }));
    }
    expect(said.size).toBe(1);
    process.stdout.write(`wrong passwords took ${took.map(Math.round).join(", ")} ms: two known, two unknown\n`);
    // Whole multiples of one time: what the machine does in between only blurs them by less than that.
    for (const ms of took) expect(Math.round(ms) % 3_000).toBeLessThan(1_000);
  }, 30_000);

  test("eight wrong passwords of a slow account stall nobody", async () => {
    const quick = await accounts.add();
    await signIn(quick);
    const guesses = Array.from({ length: 8 }, () => signIn(slow, "guess"));
    const waits: number[] = [];
    let over = false;
    void Promise.all(guesses).finally(() => (over = true));
    const began = performance.now();
    const right = signIn(quick).then(() => performance.now() - began);
    while (!over) {
      const at = performance.now();
      expect((await call("GET", "/readyz")).status).toBe(200);
      waits.push(performance.now() - at);
      // Some requests a second, as of people at work: not a load of its own.
      await pause(25);
    }
    const worst = Math.round(Math.max(...waits));
    process.stdout.write(
      `beside 8 wrong passwords: a right one took ${Math.round(await right)} ms, ` +
        `the slowest of ${waits.length} other requests ${worst} ms\n`,
    );
    expect(worst).toBeLessThan(1_000);
    expect(await right).toBeLessThan(3_000);
    const answers = await Promise.all(guesses);
    expect(answers.map(({ body }) => body.code).filter((code) => code === "identity.wrong-credentials")).toHaveLength(
      5,
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
  }, 60_000);

  test("opens sockets by cookie to its own pages only, and ends them with their session", async () => {
    const name = await accounts.add();
    const [one, two] = [await browserOf(name), await browserOf(name)];
    expect((await one.live("https://evil.example")).status).toBe(403);
    expect((await liveSocket(one.cookie, undefined)).status).toBe(403);
    expect((await liveSocket(`${one.cookie}x`, own)).status).toBe(401);
    const sockets = [await one.live(), await two.live()];
    expect(sockets.map(({ status }) => status)).toEqual([101, 101]);
    const ends = sockets.map(({ socket }) => once(socket, "close"));
    const began = performance.now();
    expect((await one.call<{ ended: number }>("DELETE", "/api/v1/sessions")).body).toEqual({ ended: 2 });
    const codes = (await Promise.all(ends)).map(([code]) => code as number);
    const took = Math.round(performance.now() - began);
    process.stdout.write(`sockets ended ${took} ms after their sessions were asked to\n`);
    expect(codes).toEqual([4401, 4401]);
    expect(took).toBeLessThan(2_000);
    expect((await two.call("GET", "/api/v1/session")).status).toBe(401);
  });

  test("a person who is blocked is out at once, sockets and all", async () => {
    const [name, admin] = [await accounts.add(), await browserOf(await accounts.add([admins]))];
    const browser = await browserOf(name);
    const { socket } = await browser.live();
    const ended = once(socket, "close");
    expect((await admin.call("PATCH", `/api/v1/users/pam:${name}`, { blocked: true })).status).toBe(200);
    expect((await ended)[0]).toBe(4401);
    expect((await browser.call("GET", "/api/v1/session")).status).toBe(401);
    expect((await signIn(name)).body.code).toBe("identity.blocked");
  });

  test("accounts that expired or must change their password are told so, and nobody else is", async () => {
    const [expired, change] = [await accounts.add(), await accounts.add()];
    await accounts.run("chage", "-E", "1", expired);
    await accounts.run("chage", "-d", "0", change);
    expect((await signIn(expired)).body.code).toBe("identity.account-expired");
    expect((await signIn(change)).body.code).toBe("identity.password-expired");
    expect((await signIn("root", PASSWORD)).body.code).toBe("identity.wrong-credentials");
  }, 20_000);

  test("sessions outlive a restart, and neither passwords nor cookies stand in log or data", async () => {
    const { cookie, call: ask } = await browserOf(await accounts.add());
    const printed = server.process.printed;
    await server.end("SIGTERM");
    await server.start();
    expect((await ask("GET", "/api/v1/session")).status).toBe(200);
    const secret = cookie.slice(COOKIE.length + 1).split(".")[3]!;
    const kept = [printed];
    for (const entry of await readdir(server.data, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) kept.push(await readFile(join(entry.parentPath, entry.name), "latin1"));
    }
    for (const text of kept) {
      expect(text.includes(secret)).toBe(false);
      expect(text.includes("Geheim-1")).toBe(false);
    }
  });
});

async function childrenOf(pid: number): Promise<readonly { readonly pid: number; readonly args: string }[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Promise.all(
    text
      .trim()
      .split(" ")
      .filter((child) => child !== "")
      .map(async (child) => ({ pid: Number(child), args: await readFile(`/proc/${child}/cmdline`, "utf8") })),
  );
}
