/** What install.sh writes for machines without systemd, under the shells that are `sh` somewhere. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readInstallTemplate } from "./install-script.ts";

const shells = [
  { name: "dash", shell: ["/usr/bin/dash"] },
  { name: "bash", shell: ["/bin/bash", "--posix"] },
  { name: "busybox", shell: ["/usr/bin/busybox", "sh"] },
].filter(({ shell }) => existsSync(shell[0]!));

/** A prefix with a supervisor for `agent`, a shell script. */
async function supervised(agent: string) {
  const prefix = await mkdtemp(join(tmpdir(), "atalaya-supervise-"));
  const home = join(prefix, "opt/atalaya/agent");
  const definitions = (await readInstallTemplate()).replace(/main "\$@"\s*$/, "");
  execFileSync("sh", ["-s"], {
    input: `${definitions}\nstage=$prefix\nmkdir -p "$home" "$state" "$(dirname "$command")"\nwrite_supervisor\n`,
    env: { ...process.env, ATALAYA_PREFIX: prefix },
  });
  await mkdir(join(prefix, "usr/local/bin"), { recursive: true });
  await writeFile(join(home, "node"), "");
  await writeFile(join(prefix, "usr/local/bin/atalaya-agent"), `#!/bin/sh\ncd '${prefix}'\n${agent}\n`, {
    mode: 0o755,
  });
  return {
    prefix,
    pidFile: join(prefix, "run/atalaya-agent.pid"),
    said: () => readFile(join(prefix, "said"), "utf8").catch(() => ""),
    supervise: join(home, "supervise"),
    [Symbol.asyncDispose]: () => rm(prefix, { recursive: true }),
  };
}

/** In a process group of its own, which tells afterwards whether anything of it is left. */
function start([program, ...args]: readonly string[], supervise: string) {
  const child = spawn(program!, [...args, supervise], { detached: true, stdio: "ignore" });
  const gone = once(child, "exit");
  return {
    async ended() {
      child.kill("SIGTERM");
      await gone;
    },
    left: () => isThere(-child.pid!),
    [Symbol.asyncDispose]: async () => {
      if (isThere(-child.pid!)) process.kill(-child.pid!, "SIGKILL");
      await gone;
    },
  };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each(shells)("the supervisor under $name", ({ shell }) => {
  test("asks an agent again that has lost the first request to end", async () => {
    await using machine = await supervised(
      `trap 'echo lost >>said; trap "echo ended >>said; exit 0" TERM' TERM\necho up >>said\nwhile :; do sleep 0.05; done`,
    );
    await using supervisor = start(shell, machine.supervise);
    await expect.poll(machine.said).toBe("up\n");
    await supervisor.ended();
    expect(await machine.said()).toBe("up\nlost\nended\n");
    expect(supervisor.left()).toBe(false);
    expect(existsSync(machine.pidFile)).toBe(false);
  });

  test("ends one that never listens, but only when it has waited", async () => {
    await using machine = await supervised(
      // One process only: nobody may be there who collects what it leaves.
      `exec '${process.execPath}' -e 'const say = (word) => fs.appendFileSync("said", word + "\\n");
        process.on("SIGTERM", () => say("asked"));
        setInterval(() => undefined, 1000);
        say("up")'`,
    );
    const text = await readFile(machine.supervise, "utf8");
    expect(text).toContain("patience=300\n");
    await writeFile(machine.supervise, text.replace("patience=300", "patience=12"));
    await using supervisor = start(shell, machine.supervise);
    await expect.poll(machine.said).toBe("up\n");
    await supervisor.ended();
    expect(await machine.said()).toBe("up\nasked\nasked\n");
    expect(supervisor.left()).toBe(false);
  });

  test("leaves nobody behind when it is stopped while it starts one", async () => {
    await using machine = await supervised("exec sleep 600");
    for (let round = 0; round < 10; round += 1) {
      await using supervisor = start(shell, machine.supervise);
      await expect.poll(() => existsSync(machine.pidFile), { interval: 1 }).toBe(true);
      await supervisor.ended();
      expect([supervisor.left(), existsSync(machine.pidFile)]).toEqual([false, false]);
    }
  });
});
