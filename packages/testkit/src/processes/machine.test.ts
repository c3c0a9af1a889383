import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { noSystemdHere } from "./boot.ts";
import { canMakeNetworks, testNetwork } from "./hosts.ts";
import { bareMachine } from "./machine.ts";

test.runIf(canMakeNetworks)(
  "a bare machine has a disk and processes of its own, and nothing that could build",
  async () => {
    using network = testNetwork(1);
    await using machine = await bareMachine(network.hosts[0]!, { without: ["wget"] });
    expect(await machine.typed("hostname; id -u")).toEqual({ code: 0, printed: "pc-01\n0\n" });
    expect((await machine.typed("command -v node npm gcc cc python3 wget")).printed).toBe("");
    expect((await machine.typed(`ls ${process.cwd()}`)).printed).toBe("");
    expect((await machine.typed("env")).printed).not.toContain("VITEST");
    expect(machine.changes()).toEqual([]);
    expect(machine.processes()).toEqual([]);

    const name = `/etc/atalaya-test-${process.pid}`;
    await machine.typed(`mkdir ${name} && echo here > ${name}/file && rm /etc/passwd; sleep 9876 >/dev/null 2>&1 &`);
    expect(machine.changes()).toEqual([name, `${name}/file`, "removed /etc/passwd"]);
    expect(machine.processes()).toEqual(["sleep 9876"]);
    expect(existsSync(name)).toBe(false);
    expect(existsSync("/etc/passwd")).toBe(true);
  },
);

const why = noSystemdHere();
test.runIf(why === undefined)(
  `a machine with a systemd of its own has its bus and journal, and leaves this machine as it was${why === undefined ? "" : ` (skipped: ${why})`}`,
  async () => {
    using network = testNetwork(1);
    await using machine = await bareMachine(network.hosts[0]!, { systemd: true });
    expect((await machine.typed("hostname; ps -o comm= -p 1; cat /proc/1/cgroup | tail -n 1")).printed).toBe(
      "pc-01\nsystemd\n0::/init.scope\n",
    );
    expect((await machine.typed("systemctl list-jobs --no-legend; systemctl --failed --no-legend")).printed).toBe("");
    const made = await machine.typed(
      "systemd-run --quiet --wait --unit=greeter echo good morning; journalctl -qo cat -u greeter",
    );
    expect(made.printed).toContain("good morning");
    expect(machine.processes()).toEqual([]);
    expect(machine.changes()).toEqual([]);
  },
);
