/** A person's day with packages, services and files: the command line, a real server, a real agent of this very machine. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinAgent, serverProcess, startAgent, type OwnedProcess, type ServerProcess } from "@atalaya/testkit";
import { startCli, type CliResult } from "./cli-process.ts";

const isDebian = existsSync("/var/lib/dpkg/status");
const name = `atalaya-e2e-${randomBytes(4).toString("hex")}`;
let folder: string;
let server: ServerProcess;
let agent: OwnedProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-tasks-"));
  server = await serverProcess({ data: join(folder, "server") });
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: body.token });
  agent = startAgent({ data, servers });
  const [own] = (await server.call<{ items: { name: string }[] }>("GET", "/api/v1/hosts")).body.items;
  await server.call("PATCH", `/api/v1/hosts/${own!.name}`, { name: "real" });
});
afterAll(async () => {
  await cli("service", "remove", "real", "ticker", "--manager", "instance");
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function cli(...args: readonly string[]): Promise<CliResult> {
  return startCli(["--data", join(folder, "server"), "--server", `https://${server.host}:${server.port}`, ...args])
    .ended;
}

// npm's, into a folder: dpkg has one database, which the tests of the agent change meanwhile.
test("a package from this desk is installed, listed, and removed; old callers see those of the system", async () => {
  await mkdir(join(folder, "package"));
  await writeFile(join(folder, "package/package.json"), JSON.stringify({ name, version: "1.0.0" }));
  const file = join(folder, "made.tgz");
  execFileSync("tar", ["-czf", file, "-C", folder, "package"]);
  const npm = ["--manager", "npm", "--npm-prefix", join(folder, "prefix")];

  const installed = await cli("package", "install", "real", name, "--upload", file, ...npm);
  expect(installed).toMatchObject({ status: 0, out: expect.stringContaining(`installed ${name} 1.0.0`) });
  const listed = await cli("package", "ls", "real", name, "--json", ...npm);
  expect(JSON.parse(listed.out)).toEqual([
    { host: "real", name, version: "1.0.0", manager: "npm", status: "installed" },
  ]);
  expect((await cli("package", "remove", "real", name, ...npm)).status).toBe(0);
  const old = await server.call<{ name: string; type: string }[]>("GET", "/proxy/real@5000/packages");
  expect(old.status).toBe(200);
  if (isDebian) expect(old.body.find((one) => one.name === "dpkg")).toMatchObject({ type: "dpkg" });
});

describe("a service of the agent's own", () => {
  test("is added, seen, read, and removed", async () => {
    const added = await cli(
      "service",
      "add",
      "real",
      "ticker",
      "--manager",
      "instance",
      "--",
      "/bin/sh",
      "-c",
      "while :; do echo tick; sleep 0.2; done",
    );
    expect(added.status).toBe(0);
    expect(added.out).toContain("running  ticker (process ");
    const { out } = await cli("service", "status", "real", "ticker", "--manager", "instance", "--json");
    expect(JSON.parse(out)).toMatchObject([{ host: "real", name: "ticker", state: "running", enabled: true }]);
    expect(
      (await cli("service", "logs", "real", "ticker", "--manager", "instance", "-n", "1", "--no-prefix", "-q")).out,
    ).toBe("tick\n");
    const old = await server.call<{ name: string; status: string }[]>("GET", "/proxy/real@5000/instances");
    expect(old.body).toMatchObject([{ name: "ticker", status: "monitored" }]);
    expect((await cli("service", "stop", "real", "ticker", "--manager", "instance")).out).toContain("stopped  ticker");
  });
  test("that is unknown is told with its code", async () => {
    expect(await cli("service", "start", "real", "nope", "--manager", "instance")).toMatchObject({
      status: 1,
      err: expect.stringContaining("service.unknown"),
    });
  });
});

test("files are placed, and put back when what follows fails; variables reach commands", async () => {
  const target = join(folder, "placed.conf");
  const local = join(folder, "local.conf");
  await writeFile(local, "first");
  expect(await cli("personality", "push", "real", `${local}:${target}`, "--then", `cat ${target}`)).toMatchObject({
    status: 0,
    out: expect.stringContaining("first"),
  });
  await writeFile(local, "second");
  expect(await cli("personality", "push", "real", `${local}:${target}`, "--then", "exit 9")).toMatchObject({
    status: 1,
    err: expect.stringContaining("personality.command-failed"),
  });
  expect(await readFile(target, "utf8")).toBe("first");
  expect((await cli("environment", "set", "real", "COLOUR=blue")).status).toBe(0);
  expect((await cli("run", "real", "--shell", "--no-prefix", "-q", "--", "echo $COLOUR")).out).toBe("blue\n");
  expect(JSON.parse((await cli("environment", "ls", "real", "--json")).out)).toEqual([
    { host: "real", name: "COLOUR", value: "blue" },
  ]);
});
