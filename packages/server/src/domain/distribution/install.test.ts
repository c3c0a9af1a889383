import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heardAudit } from "../../api/audit.testing.ts";
import { mount } from "../../api/mount.ts";
import { createBuiltinCore } from "../../cores/builtin/index.ts";
import { testPlane } from "../../cores/conformance-harness.ts";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createMetrics } from "../../platform/metrics/index.ts";
import { openPki } from "../../platform/pki/index.ts";
import { agentProgram } from "./bundle.ts";
import { createDistribution, distributionRoutes } from "./index.ts";

const token = `atj_${"t".repeat(32)}.${"p".repeat(43)}`;

const standIn = fileURLToPath(new URL("./stand-in-agent.testing.ts", import.meta.url));

/** A server that distributes a stand-in for the agent, over the real core, TLS and routes. */
async function serving() {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-distribution-"));
  const owned = new AsyncDisposableStack();
  owned.defer(() => rm(folder, { recursive: true }));
  const pki = owned.use(await openPki(join(folder, "pki"), { clock: systemClock, log: silentLog }));
  const binary = join(folder, "node");
  const library = join(folder, "library");
  await writeFile(library, "a library");
  await writeFile(binary, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  let api: ReturnType<typeof mount>;
  const core = createBuiltinCore({
    listen: [{ host: "127.0.0.1", port: 0 }],
    open: () =>
      Promise.resolve({
        plane: testPlane({ fetch: async (request, peer) => api.fetch(request, { peer }) }),
        pki,
        metrics: createMetrics(),
      }),
    log: silentLog,
    clock: systemClock,
    limits: { drainMs: 200 },
  });
  await core.run();
  owned.defer(() => core.shutdown());
  const server = `127.0.0.1:${core.addresses[0]!.port}`;
  const serve = async (
    servers: readonly string[],
    program = standIn,
    terminalLibraries: { readonly x64?: string; readonly arm64?: string } = { x64: library, arm64: library },
  ) => {
    const distribution = await createDistribution({
      log: silentLog,
      folder: join(folder, "dist"),
      caPem: pki.caPem,
      reachable: { servers, onlyLoopback: true, towards: () => servers },
      program,
      binaries: { x64: binary, arm64: binary },
      terminalLibraries,
    });
    api = mount([{ at: "/", routes: distributionRoutes({ distribution }) }], {
      audit: heardAudit(),
      log: silentLog,
      authenticate: () => Promise.resolve(undefined),
    });
    return distribution;
  };
  return { server, serve, pki, distribution: await serve([server]), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

let site: Awaited<ReturnType<typeof serving>>;
beforeAll(async () => {
  site = await serving();
});
afterAll(() => site[Symbol.asyncDispose]());

/** What a waypoint does: whatever is asked for, it leads to its own server. */
async function tunnels() {
  const asked: string[] = [];
  const [, port] = site.server.split(":");
  const proxy = createServer().on("connect", ({ url }, client) => {
    asked.push(url!);
    const through = connect(Number(port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      client.pipe(through).pipe(client);
    });
    for (const socket of [client, through]) socket.on("error", () => undefined);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    asked,
    port: (proxy.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void proxy.close(),
  };
}

/** A folder that takes the place of a machine's root; what was started in it is stopped at the end. */
async function machine() {
  const root = await mkdtemp(join(tmpdir(), "atalaya-machine-"));
  const pidFile = join(root, "run/atalaya-agent.pid");
  return {
    root,
    at: (path: string) => join(root, path),
    /** What a person pastes goes in by standard input, so that it is on no command line. */
    async paste(text: string, env: Readonly<Record<string, string>> = {}) {
      const shell = spawn("sh", [], { env: { PATH: process.env["PATH"], ATALAYA_PREFIX: root, ...env } });
      let printed = "";
      for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
      shell.stdin.end(`${text}\n`);
      const code = await new Promise<number | null>((resolve) => shell.once("close", resolve));
      return { code, printed };
    },
    async calls() {
      const text = await readFile(join(root, "var/lib/atalaya-agent/calls"), "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    running: () => readFile(join(root, "var/lib/atalaya-agent/running"), "utf8").then(Number, () => 0),
    supervisor: () => readFile(pidFile, "utf8").then(Number, () => 0),
    async [Symbol.asyncDispose]() {
      const started =
        existsSync(join(root, "opt/atalaya/agent/supervise")) &&
        existsSync(join(root, "var/lib/atalaya-agent/identity.json"));
      if (started) {
        // Started last, and perhaps a moment ago.
        await expect.poll(() => existsSync(pidFile)).toBe(true);
        const pid = Number(await readFile(pidFile, "utf8"));
        process.kill(pid, "SIGTERM");
        await expect.poll(() => existsSync(pidFile), { timeout: 10_000 }).toBe(false);
      }
      await rm(root, { recursive: true });
    },
  };
}

describe("the join line", () => {
  test("puts the agent on a bare machine, enrols it, and keeps it running", async () => {
    await using bare = await machine();
    const { line, warning } = site.distribution.joinLine(token);
    expect(warning).toContain("ATALAYA_LISTEN");
    expect(await bare.paste(line)).toMatchObject({
      code: 0,
      printed: expect.stringContaining("the agent is installed"),
    });

    await expect.poll(() => bare.running()).toBeGreaterThan(0);
    const state = bare.at("var/lib/atalaya-agent");
    const home = bare.at("opt/atalaya/agent");
    expect(await bare.calls()).toEqual([
      { command: "join", data: state, server: site.server, token, tokenIsSeen: false, dataVariable: state },
      { command: "run", data: state, dataVariable: state, tokenIsSeen: false },
    ]);
    expect(await readFile(join(home, "ca.pem"), "utf8")).toBe(site.pki.caPem);
    expect((await stat(state)).mode & 0o777).toBe(0o711);
    expect((await readFile(join(home, "manifest"), "utf8")).split("\n")).toEqual([
      "# Written by install.sh; read by: atalaya-agent uninstall",
      "/opt/atalaya/agent",
      "/usr/local/bin/atalaya-agent",
      "/etc/systemd/system/atalaya-agent.service",
      "/etc/atalaya/agent.env",
      "/run/atalaya-agent.pid",
      "/var/lib/atalaya-agent",
      "",
    ]);
  });

  test("run twice, changes nothing but starts the agent anew", async () => {
    await using bare = await machine();
    await bare.paste(site.distribution.joinLine(token).line);
    await expect.poll(() => bare.running()).toBeGreaterThan(0);
    const before = { agent: await bare.running(), supervisor: await bare.supervisor() };
    const again = await bare.paste(site.distribution.joinLine(token).line);
    expect(again.code).toBe(0);
    expect(again.printed).not.toContain("fetching");
    await expect.poll(() => bare.running()).not.toBe(before.agent);
    expect(() => process.kill(before.agent, 0)).toThrow("ESRCH");
    expect(await bare.supervisor()).not.toBe(before.supervisor);
  });

  test("run again, ends an agent whose supervisor was killed, too", async () => {
    await using bare = await machine();
    await bare.paste(site.distribution.joinLine(token).line);
    await expect.poll(() => bare.running()).toBeGreaterThan(0);
    const orphan = await bare.running();
    process.kill(await bare.supervisor(), "SIGKILL");
    // As if it had been collected already.
    await writeFile(bare.at("run/atalaya-agent.pid"), "4194303\n");
    const again = await bare.paste(site.distribution.joinLine(token).line);
    expect(again.code, again.printed).toBe(0);
    expect(again.printed).not.toContain("/proc/");
    await expect.poll(() => bare.running()).not.toBe(orphan);
    // Perhaps nobody has collected it, but it runs nothing any more.
    expect(await readFile(`/proc/${orphan}/cmdline`, "utf8").catch(() => "")).toBe("");
  });

  test("brings the library for terminals, takes it away with a server that has none, and none that is another", async () => {
    await using bare = await machine();
    const library = bare.at("opt/atalaya/agent/pty.node");
    await bare.paste(site.distribution.joinLine(token).line);
    expect(await readFile(library, "utf8")).toBe("a library");
    const without = await site.serve([site.server], standIn, {});
    const { code, printed } = await bare.paste(without.joinLine(token).line);
    expect([code, printed]).toEqual([0, expect.stringContaining("no library for terminals")]);
    expect(existsSync(library)).toBe(false);
    const forged = { ...(await site.serve([site.server])) };
    const script = forged.script.replaceAll(forged.terminalLibrary("x64")!.sha256, "0".repeat(64));
    const refused = await bare.paste(script);
    expect([refused.code, refused.printed]).toEqual([
      1,
      expect.stringContaining("the library for terminals that came"),
    ]);
    expect(existsSync(library)).toBe(false);
  });

  test("runs nothing of a server that serves another script", async () => {
    await using bare = await machine();
    const forged = site.distribution.joinLine(token).line.replace(site.distribution.scriptSha256, "0".repeat(64));
    expect((await bare.paste(forged)).code).not.toBe(0);
    expect(existsSync(bare.at("opt"))).toBe(false);
  });

  test("leads through waypoints where the machine does not reach the server", async () => {
    await using bare = await machine();
    await using waypoint = await tunnels();
    const { line } = site.distribution.joinLine(token, undefined, ["127.0.0.1:1", `127.0.0.1:${waypoint.port}`]);
    const { code, printed } = await bare.paste(line, { NO_PROXY: "*" });
    expect([code, printed]).toEqual([0, expect.stringContaining("the agent is installed")]);
    expect(new Set(waypoint.asked)).toEqual(new Set([site.server]));
    expect((await bare.calls())[0]).toMatchObject({
      server: `via:127.0.0.1:1,via:127.0.0.1:${waypoint.port},${site.server}`,
    });
    expect(existsSync(bare.at("etc/atalaya/agent.env"))).toBe(false);
  });

  test("takes the next server when the first does not answer", async () => {
    await using bare = await machine();
    const distribution = await site.serve(["127.0.0.1:1", site.server]);
    expect((await bare.paste(distribution.joinLine(token).line)).code).toBe(0);
    expect((await bare.calls())[0]).toMatchObject({ server: `127.0.0.1:1,${site.server}` });
    await site.serve([site.server]);
  });
});

describe("the install script", () => {
  const script = (text = site.distribution.script): string =>
    `cat >"$ATALAYA_PREFIX/i.sh" <<'END_OF_SCRIPT'\n${text}\nEND_OF_SCRIPT\nsh "$ATALAYA_PREFIX/i.sh"`;

  test("explains itself", async () => {
    await using bare = await machine();
    expect(await bare.paste(`${script()} --help`)).toMatchObject({
      code: 0,
      printed: expect.stringContaining("ATALAYA_JOIN_TOKEN"),
    });
    expect(await bare.paste(`${script()} --fast`)).toMatchObject({
      code: 2,
      printed: expect.stringContaining("--fast is no option"),
    });
    expect(existsSync(bare.at("opt"))).toBe(false);
  });

  test("without a token asks for a person, and joins by the CA it came with", async () => {
    await using bare = await machine();
    const { code, printed } = await bare.paste(script(), { HTTPS_PROXY: "", https_proxy: "" });
    expect([code, printed]).toEqual([0, expect.stringContaining("a person has to accept this machine")]);
    expect((await bare.calls())[0]).toMatchObject({ command: "join", "ca-file": bare.at("opt/atalaya/agent/ca.pem") });
  });

  test("says so when the token is not taken, and leaves nothing", async () => {
    await using bare = await machine();
    expect(await bare.paste(script(), { ATALAYA_JOIN_TOKEN: "atj_wrong" })).toMatchObject({
      code: 1,
      printed: expect.stringContaining("could not join (status 4)"),
    });
    expect(await bare.running()).toBe(0);
    for (const path of ["opt/atalaya", "var/lib/atalaya-agent", "usr/local/bin/atalaya-agent", "etc/atalaya"]) {
      expect(existsSync(bare.at(path))).toBe(false);
    }
  });

  test("refuses a bundle or a runtime that is not the one it was made for", async () => {
    await using bare = await machine();
    const { script: text, bundle } = site.distribution;
    const other = await bare.paste(script(text.replace(bundle.sha256, "1".repeat(64))));
    expect(other).toMatchObject({
      code: 1,
      printed: expect.stringContaining("is not the one this script was made for"),
    });
    expect(existsSync(bare.at("opt/atalaya/agent/agent.mjs"))).toBe(false);
    const { sha256 } = site.distribution.runtime("x64")!;
    const runtime = await bare.paste(script(text.replaceAll(sha256, "2".repeat(64))));
    expect(runtime).toMatchObject({
      code: 1,
      printed: expect.stringContaining("the runtime that came is not the one"),
    });
    expect(existsSync(bare.at("opt/atalaya/agent/node"))).toBe(false);
    expect(await bare.calls()).toEqual([]);
  });

  test("trusts the fleet's CA only", async () => {
    await using bare = await machine();
    await using other = await serving();
    const { code, printed } = await bare.paste(
      script(site.distribution.script.replaceAll(site.pki.caPem.trim(), other.pki.caPem.trim())),
    );
    expect([code, printed]).toEqual([1, expect.stringContaining("no server answered")]);
  });

  test("uses a Node of the machine when asked, if it is new enough", async () => {
    await using bare = await machine();
    await writeFile(bare.at("old"), "#!/bin/sh\necho v18.20.0\n", { mode: 0o755 });
    expect(await bare.paste(script(), { ATALAYA_AGENT_NODE: bare.at("old") })).toMatchObject({
      code: 1,
      printed: expect.stringContaining("version 20 or later"),
    });
    expect(
      await bare.paste(script(), { ATALAYA_AGENT_NODE: process.execPath, ATALAYA_JOIN_TOKEN: token }),
    ).toMatchObject({ code: 0, printed: expect.not.stringContaining("runtime") });
  });

  test("keeps the way through a proxy for the agent, where only root reads it", async () => {
    await using bare = await machine();
    // The proxy is not there: NO_PROXY lets this machine's own server be reached without it.
    const HTTPS_PROXY = "http://user:pass%20word@proxy.example.org:3128";
    await bare.paste(script(), { HTTPS_PROXY, NO_PROXY: "127.0.0.1", ATALAYA_JOIN_TOKEN: token });
    const kept = bare.at("etc/atalaya/agent.env");
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(await readFile(kept, "utf8")).toBe(`HTTPS_PROXY='${HTTPS_PROXY}'\nNO_PROXY='127.0.0.1'\n`);
    await expect
      .poll(() => bare.calls())
      .toContainEqual(expect.objectContaining({ command: "run", proxy: HTTPS_PROXY }));
    await bare.paste(script());
    expect(existsSync(kept)).toBe(true);
    expect(await bare.paste(script(), { HTTPS_PROXY: "http://x';reboot" })).toMatchObject({ code: 1 });
  });

  test("the real agent is bundled, runs on its runtime, and takes everything away again", async () => {
    await using bare = await machine();
    const real = await site.serve([site.server], agentProgram());
    await mkdir(bare.at("var/lib/atalaya-agent"), { recursive: true });
    await writeFile(bare.at("var/lib/atalaya-agent/identity.json"), "not an identity");
    expect(await bare.paste(script(real.script))).toMatchObject({ code: 0 });
    const agent = bare.at("usr/local/bin/atalaya-agent");
    expect((await bare.paste(`${agent} --version`)).printed).toMatch(/^\d+\.\d+\.\d+/);
    const { code, printed } = await bare.paste(`${agent} uninstall --yes`, { ATALAYA_AGENT_ROOT: bare.root });
    expect([code, printed]).toEqual([0, expect.stringContaining("Removed")]);
    for (const path of ["opt/atalaya", "usr/local/bin/atalaya-agent", "var/lib/atalaya-agent"])
      expect(existsSync(bare.at(path)), path).toBe(false);
    await site.serve([site.server]);
  });

  test("a script that was cut off does nothing", async () => {
    await using bare = await machine();
    const { script: text } = site.distribution;
    await bare.paste(script(text.slice(0, text.length - 10)));
    expect(existsSync(bare.at("opt"))).toBe(false);
  });
});
