/** A person's ways to a host's terminal: the command line in a terminal of its own, and the WebSocket that browsers use. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { joinAgent, serverProcess, startAgent, type OwnedProcess, type ServerProcess } from "@atalaya/testkit";
import { WebSocket } from "ws";
import { ptyBinding } from "../packages/agent/src/capabilities/terminal/binding.ts";
import { openPty } from "../packages/agent/src/capabilities/terminal/pty.ts";

const CLI = fileURLToPath(new URL("../packages/cli/bin/atalaya.mjs", import.meta.url));
const BIN = fileURLToPath(new URL("../packages/agent/src/capabilities/terminal", import.meta.url));
let folder: string;
let server: ServerProcess;
let agent: OwnedProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "atalaya-terminal-"));
  server = await serverProcess({ data: join(folder, "server"), env: { ATALAYA_TERMINAL_RECORDING: "on" } });
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", {
    uses: 1,
    place: "site/aula-1",
  });
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: body.token });
  agent = startAgent({ data, servers });
  const [own] = (await server.call<{ items: { name: string }[] }>("GET", "/api/v1/hosts")).body.items;
  await server.call("PATCH", `/api/v1/hosts/${own!.name}`, { name: "pc-01" });
  await vi.waitUntil(
    async () => (await server.call<{ state: string }>("GET", "/api/v1/hosts/pc-01")).body.state === "online",
    { timeout: 20_000 },
  );
});
afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** The command line as a person has it: in a terminal. */
function atTerminal(...args: readonly string[]) {
  const pty = openPty(ptyBinding(BIN), {
    columns: 90,
    rows: 20,
    file: process.execPath,
    args: [CLI, ...args, "--data", server.data],
    environment: { PATH: process.env["PATH"]!, HOME: folder, TERM: "xterm", LANG: "C.UTF-8" },
  });
  let screen = "";
  const looks = new Set<() => void>();
  pty.bytes.on("data", (bytes: Buffer) => {
    screen += bytes.toString();
    for (const look of looks) look();
  });
  return {
    pty,
    get screen() {
      return screen;
    },
    type: (text: string) => void pty.bytes.write(text),
    shows: (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = pattern.exec(screen);
          if (found === null) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
  };
}

interface Audited {
  readonly action: string;
  readonly outcome: string;
  readonly details?: Record<string, unknown>;
}
const audited = async (): Promise<readonly Audited[]> =>
  (await server.call<{ items: Audited[] }>("GET", "/api/v1/audit?limit=50&target=pc-01")).body.items.filter(
    ({ action }) => action.startsWith("terminal."),
  );

describe("atalaya terminal", () => {
  test("is a shell on the host: keys, size, resize, the shell's status; told in the audit log, recorded", async () => {
    const person = atTerminal("terminal", "pc-01");
    await person.shows(/is recorded/);
    person.type("stty size; echo $((6*7)) $TERM\r");
    await person.shows(/20 90[\s\S]*\n42 xterm/);
    person.pty.resize({ columns: 120, rows: 33 });
    person.type("sleep 0.2; stty size\r");
    await person.shows(/33 120/);
    // Ctrl-C is the host's, not ours.
    person.type("sleep 1000\r");
    await person.shows(/sleep 1000\r\n/);
    person.type("\u0003");
    await person.shows(/\^C[\s\S]*[#$] /);
    person.type("exit 9\r");
    expect(await person.pty.exited).toBe(9);

    // The end is told when all of it is over, a moment after the person has left.
    await expect.poll(async () => (await audited()).length, { timeout: 10_000 }).toBe(2);
    const [end, begin] = await audited();
    expect(begin).toMatchObject({ action: "terminal.begin", outcome: "done", details: { host: "pc-01" } });
    expect(end).toMatchObject({ action: "terminal.end", outcome: "done", details: { host: "pc-01", exitCode: 9 } });

    const { body } = await server.call<{ items: { id: string; host: string; exitCode: number; bytes: number }[] }>(
      "GET",
      "/api/v1/terminals/recordings",
    );
    expect(body.items[0]).toMatchObject({ host: "pc-01", exitCode: 9, id: end!.details!["recording"] });
    const cast = await server.call<Buffer>("GET", `/api/v1/terminals/recordings/${body.items[0]!.id}`);
    const [head, ...events] = cast.body.toString().trim().split("\n");
    expect(JSON.parse(head!)).toMatchObject({ version: 2, width: 90, height: 20, env: { TERM: "xterm" } });
    const lines = events.map((line) => JSON.parse(line) as [number, string, string]);
    expect(lines.some(([, code, text]) => code === "o" && text.includes("42 xterm"))).toBe(true);
    expect(lines.some(([, code, text]) => code === "r" && text === "120x33")).toBe(true);
    expect(lines.every(([at], n) => n === 0 || at >= lines[n - 1]![0])).toBe(true);
    const files = readdirSync(join(server.data, "terminals"));
    expect(files.every((file) => (statSync(join(server.data, "terminals", file)).mode & 0o077) === 0)).toBe(true);
  });

  test("leaves with ~. at the beginning of a line, and ends what ran there", async () => {
    const person = atTerminal("terminal", "pc-01");
    person.type("echo pid=$$=\r");
    const pid = Number((await person.shows(/pid=(\d+)=/))[1]);
    person.type("sleep 1000\r");
    await person.shows(/sleep 1000\r\n/);
    person.type("\r~.");
    expect(await person.pty.exited).toBe(1);
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
    await expect
      .poll(async () => (await audited())[0], { timeout: 10_000 })
      .toMatchObject({ action: "terminal.end", outcome: "done", details: { host: "pc-01", left: true } });
    // The person's own terminal is as it was.
    expect(person.screen).toMatch(/\u001b\[\?25h\u001b\[0m\s*$/);
  });

  test("runs what comes by a pipe, and says why it cannot", async () => {
    const piped = atTerminal("terminal", "pc-02");
    await piped.shows(/error:.*host\.unknown/);
    expect(await piped.pty.exited).toBe(5);
    const shell = openPty(ptyBinding(BIN), {
      columns: 80,
      rows: 24,
      file: "/bin/sh",
      args: [
        "-c",
        `echo 'echo $((40+2))= ; exit 3' | "$0" "$1" terminal pc-01 --data "$2" | cat; echo over`,
        process.execPath,
        CLI,
        server.data,
      ],
      environment: { PATH: process.env["PATH"]!, HOME: folder },
    });
    let printed = "";
    for await (const bytes of shell.bytes as AsyncIterable<Buffer>) printed += bytes.toString();
    expect(printed).toContain("42=");
    expect(printed).toContain("over");
  });
});

test("a terminal takes what stands in a file, and its own status is the shell's", async () => {
  const file = join(folder, "typed");
  writeFileSync(file, "echo $((40+2))=; exit 3\n");
  const words = (host: string) => [CLI, "terminal", host, "--data", server.data];
  const fromFile = (host: string) =>
    spawnSync(process.execPath, words(host), { stdio: [openSync(file, "r"), "pipe", "pipe"], encoding: "utf8" });
  const { status, stdout, stderr } = fromFile("pc-01");
  expect(stderr).not.toContain("error");
  expect(status).toBe(3);
  expect(stdout).toContain("42=");
  const nowhere = fromFile("pc-02");
  expect(nowhere.stderr).toMatch(/^error: There is no host/);
  expect(nowhere.status).toBe(5);
});

describe("the WebSocket of a terminal", () => {
  const open = (path: string, token: string | undefined, headers: Record<string, string> = {}) =>
    new WebSocket(`wss://${server.host}:${server.port}${path}`, "atalaya.terminal.v1", {
      ca: server.ca,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    });
  const answerOf = (socket: WebSocket): Promise<number> =>
    new Promise((resolve) => {
      socket.on("error", () => undefined);
      socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
      socket.on("open", () => resolve(101));
    });
  const endOf = (socket: WebSocket): Promise<unknown> =>
    new Promise((resolve) =>
      socket.on("message", (data, isBinary) => {
        if (isBinary) return;
        const message = JSON.parse((data as Buffer).toString()) as { type: string };
        if (message.type === "ended") resolve(message);
      }),
    );
  async function tokenWith(permissions: readonly string[], places?: readonly string[]) {
    const name = `t${Math.random().toString(36).slice(2, 8)}`;
    const wish = { name, permissions, ...(places === undefined ? {} : { places }) };
    return (await server.call<{ id: string; token: string }>("POST", "/api/v1/api-tokens", wish)).body;
  }

  test("asks who comes, what they may, and where", async () => {
    expect(await answerOf(open("/api/v1/hosts/pc-01/terminal", undefined))).toBe(401);
    const without = await tokenWith(["fleet.read", "job.create"]);
    expect(await answerOf(open("/api/v1/hosts/pc-01/terminal", without.token))).toBe(403);
    const elsewhere = await tokenWith(["terminal.open"], ["site/aula-2"]);
    expect(await endOf(open("/api/v1/hosts/pc-01/terminal", elsewhere.token))).toMatchObject({
      reason: { code: "host.unknown" },
    });
    const nobodyThere = await tokenWith(["terminal.open"], ["site"]);
    expect(await endOf(open("/api/v1/hosts/pc-01/terminal", nobodyThere.token))).toMatchObject({
      reason: { code: "job.account-forbidden" },
    });
    expect(await endOf(open("/api/v1/hosts/pc-01/terminal?columns=0", server.token))).toMatchObject({
      reason: { code: "request.malformed" },
    });
    expect(await endOf(open("/api/v1/hosts/pc-01/terminal?account=no-such", server.token))).toMatchObject({
      reason: { code: "terminal.cannot-start" },
    });
    expect((await audited())[0]).toMatchObject({ action: "terminal.begin", outcome: "refused" });
    const recordings = await tokenWith(["terminal.open"]);
    expect(
      (
        await server.call("GET", "/api/v1/terminals/recordings", undefined, {
          authorization: `Bearer ${recordings.token}`,
        })
      ).status,
    ).toBe(403);
  });

  test("ends with its token, though nobody touches it any more", async () => {
    const { id, token } = await tokenWith(["terminal.open", "account.choose"], ["site"]);
    const socket = open("/api/v1/hosts/pc-01/terminal?columns=80&rows=24", token);
    const end = endOf(socket);
    await new Promise((resolve) => socket.once("message", resolve));
    await server.call("DELETE", `/api/v1/api-tokens/${id}`);
    expect(await end).toMatchObject({ reason: { code: "identity.invalid" } });
  });

  test("survives what no client of ours would send", async () => {
    const socket = open("/api/v1/hosts/pc-01/terminal", server.token);
    const end = endOf(socket);
    await new Promise((resolve) => socket.once("message", resolve));
    for (const text of ["", "{", "null", "[]", '{"type":"resize","columns":1e9,"rows":"x"}', "x".repeat(100_000)])
      socket.send(text);
    socket.send(Buffer.from("exit 4\n"));
    expect(await end).toEqual({ type: "ended", exitCode: 4 });
  });
});
