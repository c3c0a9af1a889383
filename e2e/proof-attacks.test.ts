/**
 * What could be done to marcodeployer (docs/attacks.md lists it), tried on a real server with real accounts, agents
 * and sockets. What is tried elsewhere, beside the room it belongs to, is not tried here again.
 */
import { once } from "node:events";
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync, mkdirSync, chownSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { canMakeNetworks } from "@atalaya/testkit";
import type { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import openapi from "../packages/client/openapi.json" with { type: "json" };
import { roles } from "../packages/server/src/api/permissions.ts";
import { labDoor, type LabDoor, type Person } from "./lab-people.ts";
import { openLab, type Lab, type LabHost } from "./lab-world.ts";

const LIVE = ["/api/v1/live", "atalaya.live.v1"] as const;
const TERMINAL = ["/api/v1/hosts/pc-01/terminal?columns=80&rows=24", "atalaya.terminal.v1"] as const;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly permission: string;
}
const operations: readonly Operation[] = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { "x-permission": permission }]) => ({
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, "x"),
    permission,
  })),
);
const guarded = operations.filter(({ permission }) => permission !== "public");
const changing = guarded.filter(({ method }) => method !== "GET");

interface Job {
  readonly id: string;
  readonly runs: readonly { readonly id: string }[];
}
interface Deployment {
  readonly id: string;
  readonly code?: string;
  readonly job: { readonly id: string; readonly state: string };
}

describe.runIf(canMakeNetworks)("attacks", { timeout: 60_000 }, () => {
  let lab: Lab;
  let door: LabDoor;
  let host: LabHost;
  let other: LabHost;
  let ana: Person;
  let eva: Person;
  let ada: Person;

  beforeAll(async () => {
    lab = await openLab({ hosts: 2 });
    [host, other] = [lab.hosts[0]!, lab.hosts[1]!];
    for (const each of [host, other]) {
      mkdirSync(each.data, { recursive: true, mode: 0o711 });
      writeFileSync(join(each.data, "policy.toml"), "[discovery]\nregistration = true\n", { mode: 0o644 });
    }
    await Promise.all([lab.join(host), lab.join(other)]);
    await Promise.all([host, other].map((each) => lab.start(each).prints(/link\.up/)));
    door = labDoor(lab);
    [ana, eva, ada] = await Promise.all([door.signIn(lab.ana), door.signIn(lab.eva), door.signIn(lab.ada)]);
    for (const [name, place] of [
      ["pc-01", "norte/aula-1"],
      ["pc-02", "sur/aula-2"],
    ] as const) {
      await ada.call("PATCH", `/api/v1/hosts/${name}`, { place });
    }
  }, 60_000);
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const outputOf = async (person: Person, run: string) =>
    (await person.call<Buffer>("GET", `/api/v1/runs/${run}/output`)).body.toString();
  /** A command of a person on one host, to its end; what it printed. */
  async function ran(person: Person, script: string, on = "pc-01"): Promise<string> {
    const wish = { selector: on, capability: "exec", request: { command: { kind: "shell", script } } };
    const { body } = await person.call<Job>("POST", "/api/v1/jobs", wish);
    await expect
      .poll(async () => (await person.call<{ state: string }>("GET", `/api/v1/jobs/${body.id}`)).body.state, {
        timeout: 15_000,
      })
      .toBe("finished");
    return outputOf(person, body.runs[0]!.id);
  }
  async function deployed(person: Person, wish: object): Promise<Deployment> {
    const { body } = await person.call<Deployment>("POST", "/api/v1/deployments", wish);
    if (body.code !== undefined) return body;
    const read = async () => (await person.call<Deployment>("GET", `/api/v1/deployments/${body.id}`)).body.job.state;
    await expect.poll(read, { timeout: 20_000 }).toBe("finished");
    return body;
  }
  const resultOf = async (person: Person, { id }: Deployment) =>
    (
      await person.call<{ items: { run: { state: string; reason?: { code: string } } }[] }>(
        "GET",
        `/api/v1/deployments/${id}/hosts?files=true`,
      )
    ).body.items[0]!;

  test("every operation of the API but those at the front door is refused without credentials (S-2, S-11)", async () => {
    expect(guarded.length).toBeGreaterThan(70);
    const open = operations.filter(({ permission }) => permission === "public").map(({ path }) => path);
    expect(open.filter((path) => path.startsWith("/api/")).toSorted()).toEqual([
      "/api/v1/enrolments",
      "/api/v1/openapi.json",
      "/api/v1/session",
      "/api/v1/sign-in",
      "/api/v1/sign-in/oidc/x",
      "/api/v1/sign-in/oidc/x/callback",
    ]);
    for (const { method, path } of guarded) {
      const { status, body } = await door.send(method, path, bodyOf(method));
      expect([status, body.code], `${method} ${path}`).toEqual([401, "identity.missing"]);
    }
    expect((await door.upgrade(TERMINAL, {})).status).toBe(401);
  });

  test("a cookie that was forged, cut, mixed of two, or made as the original's names nobody (S-1, S-8)", async () => {
    const [name, mine] = ana.cookie.split("=") as [string, string];
    const [, hers] = ada.cookie.split("=") as [string, string];
    const [a, b] = [mine.split("."), hers.split(".")];
    const mixed = a.map((_, at) => [...a.slice(0, at), b[at]!, ...a.slice(at + 1)].join(".")).filter((c) => c !== mine);
    const original = "2|1:0|10:1700000000|4:user|8:cm9vdA==|2c693ba021f93b5d";
    const forged = [...mixed, mine.slice(0, -1), `${mine}A`, original, "root", "", "%00", "x".repeat(7_000)];
    for (const value of forged) {
      const cookie = `${name}=${value}`;
      const { status } = await door.send("GET", "/api/v1/me", undefined, { cookie, origin: door.origin });
      expect(status, value).toBe(401);
      const upgraded = await door.upgrade(TERMINAL, { cookie, origin: door.origin });
      expect(upgraded.status, value).toBe(401);
    }
    // Which of two would count is a question nobody must answer.
    const twice = await door.send("GET", "/api/v1/me", undefined, { cookie: `${ana.cookie}; ${name}=x` });
    expect(twice.status).toBe(401);
    expect((await ana.call("GET", "/api/v1/me")).status).toBe(200);
  });

  test("no page of another site changes anything, whatever it knows (S-12)", async () => {
    expect(changing.length).toBeGreaterThan(35);
    const { cookie, csrf } = ada;
    for (const { method, path } of changing) {
      const tries = [
        [{ cookie }, "identity.csrf"],
        [{ cookie, origin: door.origin, "x-atalaya-csrf": ana.csrf }, "identity.csrf"],
        [{ cookie, origin: "https://evil.example", "x-atalaya-csrf": csrf }, "identity.foreign-origin"],
      ] as const;
      for (const [sent, code] of tries) {
        const { status, body } = await door.send(method, path, bodyOf(method), sent);
        expect([status, body.code], `${method} ${path}`).toEqual([403, code]);
      }
    }
    for (const socket of [LIVE, TERMINAL]) {
      expect((await door.upgrade(socket, { cookie, origin: "https://evil.example" })).status).toBe(403);
      expect((await door.upgrade(socket, { cookie })).status).toBe(403);
    }
    expect((await ada.call("GET", "/api/v1/me")).status).toBe(200);
  });

  test("a person of the role user gets nothing that the role does not have (S-18)", async () => {
    const own: ReadonlySet<string> = new Set([...roles.user, "authenticated"]);
    const others = guarded.filter(({ permission }) => !own.has(permission));
    expect(others.length).toBeGreaterThan(25);
    for (const { method, path } of others) {
      const { status, body } = await eva.call(method, path, bodyOf(method));
      expect([status, body.code], `${method} ${path}`).toEqual([403, "identity.forbidden"]);
    }
    for (const query of ["of=*", `of=pam:${ana.account}`]) {
      expect((await eva.call("GET", `/api/v1/live-connections?${query}`)).status).toBe(403);
      expect((await eva.call("GET", `/api/v1/sessions?${query}`)).status).toBe(403);
    }
    expect((await eva.call("DELETE", `/api/v1/sessions/${ana.id}`)).status).toBeGreaterThanOrEqual(403);
    expect((await ana.call("GET", "/api/v1/me")).status).toBe(200);
  });

  test("a path of any spelling leads to no file of the server (S-3)", async () => {
    const below = ["/", "/assets/", "/dist/", "/api/v1/blobs/", "/api/v1/terminals/recordings/", "/api/v1/scripts/"];
    const out = [
      "../../../../../../etc/passwd",
      "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
      "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ];
    const more = ["....//....//etc/passwd", "..\\..\\..\\etc\\passwd", "%252e%252e%252fetc%252fpasswd", "/etc/passwd"];
    for (const folder of below) {
      for (const way of [...out, ...more, "%00", "x\u0000y"].map(encodeOnlyControls)) {
        const { text } = await door.raw(`${folder}${way}`);
        expect(text, `${folder}${way}`).not.toMatch(/root:.*:0:0:/);
      }
    }
    expect((await door.raw("/healthz")).status).toBe(200);
  });

  test("a deployment writes as its person, where that person may, and takes no name that leads elsewhere (S-3, S-4, S-7)", async () => {
    const file = await ana.upload("ana's\n");
    const names = ["../x", "a/../../x", "/etc/x", "..", ".", "", "a//b", "a/./b", "a\0b", "x".repeat(300), "a/"];
    for (const name of names) {
      const { status } = await ana.call("POST", "/api/v1/deployments", {
        selector: "pc-01",
        artifacts: [{ name, ...file }],
      });
      expect(status, JSON.stringify(name)).toBe(400);
    }
    for (const account of ["root", eva.account]) {
      const { body } = await ana.call("POST", "/api/v1/deployments", {
        selector: "pc-01",
        account,
        artifacts: [{ name: "x", ...file }],
      });
      expect(body.code).toBe("job.account-forbidden");
    }
    const artifacts = [{ name: "atalaya-evil", ...file }];
    for (const into of ["/etc", "/etc/cron.d", join(lab.disk, "eva"), "../eva", "~/../eva", "/root"]) {
      const made = await deployed(ana, { selector: "pc-01", into, artifacts });
      if (made.code === undefined) expect((await resultOf(ana, made)).run.state, into).toBe("failed");
    }
    // A link of the person's own leads where the person can go anyway.
    symlinkSync("/etc", join(host.own, "ana", "system"));
    const linked = await deployed(ana, { selector: "pc-01", into: "system", artifacts });
    expect((await resultOf(ana, linked)).run.state).toBe("failed");
    for (const path of ["/etc/atalaya-evil", "/etc/cron.d/atalaya-evil", "/root/atalaya-evil"])
      expect(existsSync(path)).toBe(false);
    expect(existsSync(join(host.own, "eva", "atalaya-evil"))).toBe(false);

    // Two people's files of one name are two, each its person's.
    const hers = await eva.upload("eva's\n");
    await deployed(ana, { selector: "pc-01", artifacts: [{ name: "same", ...file }] });
    await deployed(eva, { selector: "pc-01", artifacts: [{ name: "same", ...hers }] });
    for (const [home, person, text] of [
      ["ana", ana, "ana's\n"],
      ["eva", eva, "eva's\n"],
    ] as const) {
      const path = join(host.own, home, "same");
      expect([readFileSync(path, "utf8"), statSync(path).uid]).toEqual([text, uidOf(person.account)]);
    }
  });

  test("a deployment, its output, its files and its hosts are its person's: others guess ids in vain (S-18, S-19)", async () => {
    const file = await ana.upload("ana's secret\n");
    const made = await deployed(ana, {
      selector: "pc-01",
      artifacts: [{ name: "mine", ...file }],
      command: { kind: "shell", script: "echo ana says so" },
    });
    const { body: runs } = await ana.call<{ items: { id: string }[] }>("GET", `/api/v1/jobs/${made.job.id}/runs`);
    const run = runs.items[0]!.id;
    expect(await outputOf(ana, run)).toContain("ana says so");
    await ana.call("PUT", "/api/v1/deployments/saved/web", { selector: "pc-01", artifacts: [{ name: "f", ...file }] });
    const tries: readonly (readonly [string, string, unknown?])[] = [
      ["GET", `/deployments/${made.id}`],
      ["GET", `/deployments/${made.id}/hosts?files=true`],
      ["POST", `/deployments/${made.id}/again`, {}],
      ["POST", `/deployments/${made.id}/rollback`, {}],
      ["GET", `/deployments/saved/web?owner=pam:${ana.account}`],
      ["POST", `/deployments/saved/web/run?owner=pam:${ana.account}`, {}],
      ["DELETE", `/deployments/saved/web`],
      ["GET", `/blobs/${file.sha256}`],
      ["POST", "/deployments", { selector: "pc-01", artifacts: [{ name: "stolen", ...file }] }],
      ["GET", `/jobs/${made.job.id}`],
      ["GET", `/jobs/${made.job.id}/runs`],
      ["GET", `/runs/${run}`],
      ["GET", `/runs/${run}/output`],
      ["POST", `/jobs/${made.job.id}/retry`, {}],
    ];
    for (const [method, path, body] of tries)
      expect((await eva.call(method, `/api/v1${path}`, body)).status, `${method} ${path}`).toBe(404);
    const list = JSON.stringify((await eva.call("GET", "/api/v1/deployments")).body);
    expect(list).not.toContain(made.id);

    const live = await eva.socket(LIVE);
    const topics = [
      ["job", { job: made.job.id }],
      ["job-output", { job: made.job.id }],
      ["progress", { job: made.job.id }],
      ["output", { run }],
    ] as const;
    const heard = texts(live);
    topics.forEach(([topic, params], id) => live.send(JSON.stringify({ type: "subscribe", id, topic, params })));
    await expect
      .poll(() => heard.filter((text) => (JSON.parse(text) as { type: string }).type === "error").length)
      .toBe(topics.length);
    expect(heard.join()).not.toMatch(/"type":"(output|run|job|progress)"/);
    live.terminate();

    // Limited to a place, they reach nothing outside of it.
    const limit = { places: ["sur"] };
    expect((await ada.call("PATCH", `/api/v1/users/pam:${ana.account}`, limit)).status).toBe(200);
    const limited = await door.signIn(lab.ana);
    const wish = (selector: string) => ({ selector, artifacts: [{ name: "far", ...file }] });
    expect((await limited.call("POST", "/api/v1/deployments", wish("pc-01"))).body.code).toBe("selector.no-match");
    const everywhere = await deployed(limited, wish("all"));
    expect(everywhere.code).toBeUndefined();
    expect([existsSync(join(host.own, "ana", "far")), existsSync(join(other.own, "ana", "far"))]).toEqual([
      false,
      true,
    ]);
    expect((await limited.call("GET", "/api/v1/hosts/pc-01")).status).toBe(404);
    await ada.call("PATCH", `/api/v1/users/pam:${ana.account}`, { places: null });
    ana = await door.signIn(lab.ana);
  });

  test("whoever signs out takes their sockets along: the stream, the terminal and the shell in it (S-8)", async () => {
    const person = await door.signIn(lab.eva);
    const [live, terminal] = [await person.socket(LIVE), await person.socket(TERMINAL)];
    const seconds = `${700 + Math.random()}`;
    const heard = texts(terminal);
    terminal.send(Buffer.from(`echo begun-$((1+1)); exec sleep ${seconds}\n`));
    await expect.poll(() => heard.join(""), { timeout: 10_000 }).toContain("begun-2");
    const ends = [once(live, "close"), once(terminal, "close")];
    const began = performance.now();
    expect((await person.call("DELETE", "/api/v1/session")).status).toBe(204);
    await Promise.all(ends);
    const took = Math.round(performance.now() - began);
    process.stdout.write(`stream and terminal ended ${took} ms after signing out\n`);
    expect(took).toBeLessThan(2_000);
    await expect.poll(() => ran(eva, `pgrep -fx 'sleep ${seconds}' || echo gone`), { timeout: 10_000 }).toBe("gone\n");
    // The cookie that somebody copied is worth nothing any more.
    const sent = { cookie: person.cookie, origin: door.origin };
    expect((await door.send("GET", "/api/v1/me", undefined, sent)).status).toBe(401);
    for (const socket of [LIVE, TERMINAL]) expect((await door.upgrade(socket, sent)).status).toBe(401);
  });

  test("nobody takes down another's MarcoPolo service, nor has root write through their links (S-16, S-17)", async () => {
    const polo = (person: Person, steps: object) =>
      ran(person, `${process.execPath} -e '${POLO}' '${JSON.stringify(steps)}'`);
    const web = `${ana.account}:web`;
    const [anaUid, evaUid] = [uidOf(ana.account), uidOf(eva.account)];
    const published = await polo(ana, { uid: anaUid, say: [{ Command: "Register", Args: { service: "web" } }] });
    expect(published).toContain(`{"OK": "${web}"}`);
    // Her token is in her home; somebody else's question writes it nowhere else and tells it to nobody.
    const stolen = await polo(eva, { uid: anaUid, home: join(lab.disk, "ana"), say: [] });
    expect(stolen).toContain("EACCES");
    const unpublish = [web, "web", "atalaya", "../../etc/passwd", `${ana.account}:../web`];
    const said = await polo(eva, {
      uid: evaUid,
      say: unpublish.map((service) => ({ Command: "Unpublish", Args: { service } })),
    });
    expect(said.match(/"Error"/g), said).toHaveLength(unpublish.length);
    expect(await polo(ana, { uid: anaUid, say: [{ Command: "Unpublish", Args: { service: "web" } }] })).toContain(
      '"OK"',
    );

    // A dangling link where the token goes made the original write as root.
    const links = join(other.own, "eva", ".polo");
    mkdirSync(links);
    chownSync(links, evaUid, evaUid);
    symlinkSync("/etc/atalaya-evil", join(links, "token"));
    symlinkSync("/etc/atalaya-evil", join(links, "token.new"));
    await ran(eva, `${process.execPath} -e '${POLO}' '${JSON.stringify({ uid: evaUid, say: [] })}'`, "pc-02");
    expect(existsSync("/etc/atalaya-evil")).toBe(false);
  });
});

const bodyOf = (method: string) => (["GET", "DELETE"].includes(method) ? undefined : {});

/** What a request line cannot hold. */
function encodeOnlyControls(path: string): string {
  return path.replaceAll("\u0000", "%00");
}

function uidOf(account: string): number {
  return Number(execFileSync("id", ["-u", account], { encoding: "utf8" }));
}

function texts(socket: WebSocket): string[] {
  const heard: string[] = [];
  socket.on("message", (data) => heard.push((data as Buffer).toString()));
  return heard;
}

/** Asks the door of polod for a token, reads it where its owner finds it, and says the steps with it, one after the other. */
const POLO = `
const { connect } = require("node:tls"); const { readFileSync } = require("node:fs");
const { uid, home = require("node:os").homedir(), say } = JSON.parse(process.argv[1]);
const ask = (request) => new Promise((resolve) => {
  const socket = connect({ port: 1390, host: "127.0.0.1", rejectUnauthorized: false });
  socket.setEncoding("utf8").once("secureConnect", () => socket.write(JSON.stringify(request)));
  socket.on("data", (text) => { console.log(text); socket.destroy(); resolve(); });
  socket.on("error", (error) => { console.log(String(error)); resolve(); });
});
ask({ Command: "Request-token", Args: { uid } }).then(async () => {
  let token;
  try { token = readFileSync(home + "/.polo/token", "utf8"); } catch (error) { return console.log(error.code); }
  for (const { Command, Args } of say) await ask({ Command, Args: { ...Args, token } });
});
`.replaceAll("\n", " ");
