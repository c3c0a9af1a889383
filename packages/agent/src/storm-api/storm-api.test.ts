/** The API of the original's agent over a plain pair of streams, with a real supervisor, real workers and this machine's packages. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair, type Duplex } from "node:stream";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPump } from "../capabilities/exec/pump-program.ts";
import { findTools } from "../capabilities/exec/tools.ts";
import { variablesOf } from "../capabilities/environment/variables.ts";
import { lazySupervisor, type LazySupervisor } from "../instances/lazy.ts";
import { bootClock } from "../platform/boot-clock.ts";
import { silentLog } from "../platform/log.ts";
import { openPolicy, type Policy } from "../policy/policy.ts";
import { policyFile } from "../policy/policy-file.ts";
import { readStatus } from "../status/status.ts";
import { kindsOf } from "../tasks/kinds.ts";
import { openStormApi } from "./open.ts";

const isDebian = existsSync("/usr/bin/apt-get") && process.getuid?.() === 0;
const ALL = ["status.read", "job.create", "account.choose"];
let data: string;
let instances: LazySupervisor;
let serve: ReturnType<typeof openStormApi>;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "storm-"));
  const policy = policyFile(data, join(data, "none"));
  const environment = {};
  instances = lazySupervisor({
    data,
    policy,
    tools: findTools(),
    pump: () => findPump(join(data, "bin")),
    environment,
    variables: variablesOf(data),
    bootId: bootClock().bootId,
    log: silentLog,
  });
  const state = () => ({
    instance: "i",
    enrolment: "e",
    servers: [],
    uplink: undefined,
    heartbeatMs: undefined,
    data,
    capabilities: ["package"],
    version: "0",
    strategy: "priority",
    waypoint: undefined,
  });
  serve = openStormApi({
    data,
    instances,
    log: silentLog,
    program: join(import.meta.dirname, "../main.ts"),
    runtime: process.execPath,
    kinds: kindsOf({ instances }),
    status: () => readStatus({ state, policy, instances }, "host_1"),
  });
});
afterAll(async () => {
  const supervisor = await instances.open();
  for (const { name } of supervisor.list()) await supervisor.remove(name);
  await instances[Symbol.asyncDispose]();
  await rm(data, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly body: never;
}

function call(
  method: string,
  path: string,
  body?: unknown,
  who: { may?: readonly string[]; policy?: Policy } = {},
): Promise<Answer> {
  const [ours, theirs] = duplexPair();
  serve(theirs, { user: "test", permissions: new Set(who.may ?? ALL), policy: who.policy ?? openPolicy });
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method,
      path,
      createConnection: () => ours as Duplex as never,
      headers: { host: "agent" },
    });
    request.once("error", reject).once("response", (response) => {
      const status = response.statusCode ?? 0;
      if (method === "HEAD" || response.headers["content-length"] === undefined)
        return resolve({ status, body: undefined as never });
      json(response).then((found) => resolve({ status, body: found as never }), reject);
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe("the API of an agent", () => {
  test("tells its status and environment, without secrets", async () => {
    const { status, body } = await call("GET", "/status");
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(
      expect.arrayContaining(["activated", "running", "config", "os", "packages", "services", "instances"]),
    );
    expect(Object.entries(body)[0]).toEqual(["id", "host_1"]);
    expect((await call("GET", "/environment")).body).toMatchObject({ platform: "linux" });
  });

  test("places a personality, and answers when that is done", async () => {
    const path = join(data, "..", `storm-${process.pid}.conf`);
    const contents = Buffer.from("hello").toString("base64");
    const personality = [{ path, contents, postxfer: `test -s ${path}; echo ran >>${path}` }];
    expect(await call("POST", "/personality", { personality })).toEqual({ status: 200, body: { result: "success" } });
    expect(await readFile(path, "utf8")).toBe("helloran\n");
    const bad = [{ path, contents: "", postxfer: "exit 3" }];
    expect(await call("POST", "/personality", { personality: bad })).toEqual({
      status: 409,
      body: { code: "personality.command-failed", error: "the command ended with 3" },
    });
    expect(await readFile(path, "utf8")).toBe("helloran\n");
    await rm(path);
  });

  test("takes a service as the package that brings it, by the rules of packages", async () => {
    const bring = (body: object) =>
      call("POST", "/services", { name: "atalaya-no-such-package", family: "x", ...body });
    expect((await bring({ pkgurl: "https://127.0.0.1:1/x.deb" })).body).toMatchObject({ code: "package.source" });
    const sha256 = "0".repeat(64);
    expect((await bring({ pkgurl: `http://127.0.0.1:1/x.deb#sha256=${sha256}` })).body).toMatchObject({
      code: "package.source",
      error: expect.stringContaining("127.0.0.1:1"),
    });
    expect((await bring({ pkgurl: "ftp://127.0.0.1/x.deb" })).body).toMatchObject({ code: "request.malformed" });
    if (isDebian) expect((await bring({ pkgurl: "", version: "1" })).body).toMatchObject({ code: "package.unknown" });
  });

  test("has instances and services that are added, stopped, started and removed", async () => {
    const invocation = { name: "sleep", path: "/bin", args: ["300"], options: { env: { SECRET: "s" } } };
    const { body } = await call("POST", "/instances", invocation);
    expect(body).toMatchObject({
      name: "sleep",
      path: "/bin/sleep",
      args: ["300"],
      status: "monitored",
      options: { env: { SECRET: null } },
    });
    const { id, pid } = body as { readonly id: string; readonly pid: number };
    // Another program of that name leaves this one alone.
    for (const [path, name] of [["/instances", "sleep"] as const, ["/services", "sleep"] as const]) {
      const other = { ...invocation, path: "/nowhere" };
      expect(await call("POST", path, path === "/services" ? { name, invocation: other } : other)).toMatchObject({
        status: 409,
        body: { code: "request.conflict" },
      });
    }
    expect((await call("GET", `/instances/${id}`)).body).toMatchObject({ pid, path: "/bin/sleep" });
    // One that does not stay up is not left to be tried for ever.
    const absent = { name: "absent", path: "/nowhere" };
    expect(await call("POST", "/instances", absent)).toMatchObject({ status: 409, body: { code: "service.failed" } });
    expect((await call("POST", "/services", { name: "gone", invocation: absent })).status).toBe(409);
    expect((await call("GET", "/instances")).body).toHaveLength(1);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(
      ((await call("GET", "/services")).body as { services: { id: string }[] }).services.map((one) => one.id),
    ).toContain(id);
    expect(await call("POST", `/services/${id}/action`, { command: "stop" })).toEqual({
      status: 200,
      body: { result: true },
    });
    expect((await call("GET", `/services/${id}`)).body).toMatchObject({
      description: { name: "sleep" },
      status: { running: false },
    });
    expect((await call("DELETE", `/instances/${id}`)).status).toBe(204);
    expect(await call("GET", `/instances/${id}`)).toMatchObject({ status: 404, body: { code: "service.unknown" } });
  });

  test.runIf(existsSync("/var/lib/dpkg/status"))(
    "lists packages, and refuses what cannot be installed safely",
    async () => {
      const all = (await call("GET", "/packages")).body as { id: string; name: string }[];
      const dpkg = all.find(({ name }) => name === "dpkg")!;
      expect((await call("GET", `/packages/${dpkg.id}`)).body).toMatchObject({
        name: "dpkg",
        type: "dpkg",
        status: { installed: true },
      });
      // The original answers what is there as it is.
      expect((await call("POST", "/packages", { name: "dpkg", version: "*", source: "apt-get:" })).body).toMatchObject({
        id: dpkg.id,
      });
      expect(
        await call("POST", "/packages", { name: "x", version: "*", source: "dpkg://example.org/x.deb" }),
      ).toMatchObject({
        status: 422,
        body: { code: "package.source" },
      });
      expect(await call("POST", "/packages", { name: "x';reboot;'", version: "*", source: "apt-get:" })).toMatchObject({
        status: 400,
      });
      expect((await call("GET", "/packages/nope")).status).toBe(404);
    },
  );

  test("asks who may, and what the host's policy says", async () => {
    const personality = [{ path: "/tmp/x", contents: "" }];
    const denied = { status: 403, body: { code: "identity.forbidden" } };
    expect(await call("POST", "/personality", { personality }, { may: ["status.read", "relay.open"] })).toMatchObject(
      denied,
    );
    expect(await call("GET", "/status", undefined, { may: ["relay.open"] })).toMatchObject(denied);
    for (const [method, path] of [
      ["OPTIONS", "/status"],
      ["DELETE", "/packages/nope"],
    ] as const)
      expect(await call(method, path, undefined, { may: ["status.read", "job.create"] })).toMatchObject(denied);
    const policy = { ...openPolicy, capabilities: ["exec"] };
    expect(await call("POST", "/personality", { personality }, { policy })).toMatchObject({
      status: 403,
      body: { code: "run.forbidden-by-policy" },
    });
  });

  test("answers what it does not understand with a code, and no stack", async () => {
    expect(await call("GET", "/nope")).toMatchObject({ status: 404, body: { code: "route.unknown" } });
    expect(await call("PATCH", "/packages")).toMatchObject({ status: 405 });
    expect(await call("POST", "/instances", { name: 1 })).toMatchObject({
      status: 400,
      body: { code: "request.malformed" },
    });
    expect(await call("GET", "/packages/%zz")).toMatchObject({ status: 400 });
    expect((await call("HEAD", "/status")).status).toBe(200);
  });
});
