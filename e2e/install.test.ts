/**
 * From nothing to a host with one line: what `atalaya token create` prints is typed at the shell of a bare machine (no
 * Node, no compiler, no internet), and afterwards the machine is as it was before.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bareMachine, canMakeNetworks, ownProcess, serverProcess, type BareMachine } from "@atalaya/testkit";
import { bareWorld, CLI, type BareWorld } from "./bare-world.ts";

interface Host {
  readonly name: string;
}

describe.runIf(canMakeNetworks)("one line on a bare machine", { timeout: 180_000 }, () => {
  let world: BareWorld;

  beforeAll(async () => {
    world = await bareWorld(3);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function nothingIsLeft(machine: BareMachine): Promise<void> {
    await expect.poll(() => machine.processes(), { timeout: 15_000 }).toEqual([]);
    expect(machine.changes()).toEqual([]);
  }

  test.each([
    { with: "curl", without: "wget", uninstall: "atalaya-agent uninstall --yes" },
    { with: "wget", without: "curl", uninstall: `${process.execPath} ${CLI} agent uninstall --yes` },
  ])("puts a host online with $with, which runs commands, and leaves nothing", async ({ without, uninstall }) => {
    const keepSources = uninstall.includes(CLI);
    await using machine = await bareMachine(world.hosts[0]!, { without: [without], keepSources });
    const installed = await machine.typed(await world.joinLine());
    expect(installed.code, installed.printed).toBe(0);
    await world.hostIs("pc-01", "online");
    const ran = await world.atalaya("run", "name:pc-01", "--", "sh", "-c", "echo I am $(hostname) and $(id -un)");
    expect(ran.printed).toContain("I am pc-01 and root");
    expect(ran.code, ran.printed).toBe(0);

    // A command that is under way when the agent goes must not stay behind.
    const long = await world.server.call<{ readonly id: string }>("POST", "/api/v1/jobs", {
      selector: "name:pc-01",
      capability: "exec",
      request: { command: { kind: "program", program: "sleep", args: ["4321"] } },
    });
    expect(long.status).toBe(201);
    await expect
      .poll(() => machine.processes().filter((command) => command === "sleep 4321").length, { timeout: 20_000 })
      .toBe(1);
    const removed = await machine.typed(uninstall);
    expect(removed.code, removed.printed).toBe(0);
    await nothingIsLeft(machine);
    await world.hostIs("pc-01", "offline");
  });

  test("says who the machine is, survives its agent's death, and enrols nothing twice", async () => {
    await using machine = await bareMachine(world.hosts[1]!);
    expect((await machine.typed(await world.joinLine())).code).toBe(0);
    await world.hostIs("pc-02", "online");
    const status = await machine.typed("atalaya-agent status --json");
    expect(JSON.parse(status.printed)).toMatchObject({
      running: true,
      joined: true,
      host: { name: "pc-02" },
      link: { state: "connected" },
    });
    expect(
      (await machine.typed("stat -c %a /var/lib/atalaya-agent/key.pem /var/lib/atalaya-agent/identity.json")).printed,
    ).not.toMatch(/[1-7]$/m);

    const { pid } = JSON.parse(status.printed) as { readonly pid: number };
    await machine.typed(`kill -9 ${pid}`);
    await world.hostIs("pc-02", "offline");
    await world.hostIs("pc-02", "online");

    const again = await machine.typed(await world.joinLine());
    expect(again.code, again.printed).toBe(0);
    await world.hostIs("pc-02", "online");
    const { body } = await world.server.call<{ readonly items: readonly Host[] }>(
      "GET",
      "/api/v1/hosts?selector=name:pc-02*",
    );
    expect(body.items).toHaveLength(1);
    expect((await machine.typed("atalaya-agent uninstall --yes")).code).toBe(0);
    await nothingIsLeft(machine);
  });

  test("refuses a script, a bundle or a runtime that somebody changed, and changes nothing", async () => {
    await using machine = await bareMachine(world.hosts[2]!);
    const line = await world.joinLine();
    const other = line.replace(/[0-9a-f]{64}/, "0".repeat(64));
    expect(other).not.toBe(line);
    expect((await machine.typed(other)).code).not.toBe(0);
    expect(machine.changes()).toEqual([]);

    // What was downloaded is damaged on its way to the script.
    for (const spoiled of ["agent.mjs", "node.gz"]) {
      const curl = `#!/bin/sh\nfor last; do case $last in https:*) ;; */${spoiled}) out=$last ;; esac; done\n/usr/bin/curl "$@" || exit\n[ -z "\${out:-}" ] || printf x >>"$out"\n`;
      const env = { PATH: `/root/bin:/usr/sbin:/usr/bin:/sbin:/bin` };
      await machine.typed(`mkdir -p /root/bin && printf '%s' "$CURL" >/root/bin/curl && chmod 755 /root/bin/curl`, {
        CURL: curl,
      });
      const answer = await machine.typed(line, env);
      expect(answer.code, answer.printed).not.toBe(0);
      expect(answer.printed).toMatch(
        spoiled === "agent.mjs" ? /is not the one this script was made for/ : /came damaged|is not the one/,
      );
      expect(machine.processes()).toEqual([]);
      expect((await machine.typed("ls /var/lib/atalaya-agent")).printed.trim()).toBe("");
    }
    await machine.typed("rm -rf /root/bin");
    // The token was not used up by what failed.
    const answer = await machine.typed(line);
    expect(answer.code, answer.printed).toBe(0);
    await world.hostIs("pc-03", "online");
  });
});

test("a line that works on this machine only says so, and names the setting", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-loopback-"));
  try {
    await using server = await serverProcess({ data: folder });
    await using cli = ownProcess({
      program: process.execPath,
      args: [CLI, "token", "create"],
      env: { ATALAYA_DATA: server.data },
    });
    expect((await cli.ended()).code, cli.printed).toBe(0);
    expect(cli.printed).toContain("listens on loopback only");
    expect(cli.printed).toContain(`ATALAYA_LISTEN=0.0.0.0:${server.port} `);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.runIf(existsSync("/usr/bin/systemd-analyze"))("the service's unit is one that systemd understands", () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-unit-"));
  try {
    const script = readFileSync(
      new URL("../packages/server/src/domain/distribution/install.sh", import.meta.url),
      "utf8",
    );
    const home = join(folder, "opt");
    mkdirSync(home);
    writeFileSync(join(home, "node"), "#!/bin/sh\n", { mode: 0o755 });
    const values: Readonly<Record<string, string>> = {
      home,
      environment: join(folder, "agent.env"),
      state: join(folder, "state"),
    };
    const valueOf = (name: string): string =>
      values[name] ?? new RegExp(`^${name}=['"]?([^'"\n]*)`, "m").exec(script)![1]!;
    const text = /<<UNIT\n([\s\S]*?)\nUNIT\n/.exec(script)![1]!.replace(/\$(\w+)/g, (_, name: string) => valueOf(name));
    expect(text).not.toContain("$");
    const unit = join(folder, "atalaya-agent.service");
    writeFileSync(unit, text);
    // Prints what it does not understand and then fails.
    execFileSync("systemd-analyze", ["verify", "--man=no", unit], { stdio: "pipe" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
