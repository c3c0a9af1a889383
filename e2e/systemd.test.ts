/** A machine with a real systemd as its first process: the agent is a unit there, and has the machine's units in hand. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bareMachine, noSystemdHere, type BareMachine } from "@atalaya/testkit";
import { bareWorld, type BareWorld, type Typed } from "./bare-world.ts";

const why = noSystemdHere();

interface Service {
  readonly name: string;
  readonly manager: string;
  readonly state: string;
  readonly enabled?: boolean;
  readonly pid?: number;
  readonly exitCode?: number;
}

/** In the shape of the old agents. */
interface Told {
  readonly name: string;
  readonly type: string;
  readonly running: boolean;
  readonly failed?: boolean;
  readonly enabled?: boolean;
}

describe.runIf(why === undefined)(
  `a host with systemd${why === undefined ? "" : ` (skipped: ${why})`}`,
  { timeout: 120_000 },
  () => {
    let world: BareWorld;
    let machine: BareMachine;

    beforeAll(async () => {
      world = await bareWorld(1);
      machine = await bareMachine(world.hosts[0]!, { systemd: true });
    }, 120_000);
    afterAll(async () => {
      await machine[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    const service = (...args: readonly string[]): Promise<Typed> => world.atalaya("service", ...args);

    async function done(...args: readonly string[]): Promise<string> {
      const { code, printed } = await service(...args);
      expect(code, printed).toBe(0);
      return printed;
    }

    async function seen(name: string): Promise<Service> {
      const [one] = JSON.parse(await done("status", "pc-01", name, "--json")) as readonly [Service];
      return one;
    }

    /** As the status of the host says, which the agent told by itself. */
    async function told(name: string): Promise<Told | undefined> {
      const { body } = await world.server.call<{ readonly status: { readonly services: readonly Told[] } }>(
        "GET",
        "/api/v1/hosts/pc-01/status",
      );
      return body.status.services.find((one) => one.name === name);
    }

    async function typed(line: string): Promise<string> {
      return (await machine.typed(line)).printed.trim();
    }

    test("has an agent that is a unit, begins with the machine, and is up again after a kill with what it ran", async () => {
      const installed = await machine.typed(await world.joinLine());
      expect(installed.code, installed.printed).toBe(0);
      expect(installed.printed).not.toContain("there is no systemd");
      await world.hostIs("pc-01", "online");
      expect(await typed("systemctl is-active atalaya-agent; systemctl is-enabled atalaya-agent")).toBe(
        "active\nenabled",
      );
      const job = await world.server.call<{ readonly id: string }>("POST", "/api/v1/jobs", {
        selector: "name:pc-01",
        capability: "exec",
        request: {
          command: {
            kind: "program",
            program: "sh",
            args: ["-c", "until [ -e /tmp/go ]; do sleep 0.1; done; echo went"],
          },
        },
      });
      await expect.poll(() => machine.processes().some((line) => line.includes("/tmp/go"))).toBe(true);
      const first = await typed("systemctl show -P MainPID atalaya-agent");
      await typed(`kill -9 ${first}`);
      await world.hostIs("pc-01", "offline");
      await world.hostIs("pc-01", "online");
      expect(await typed("systemctl show -P MainPID -P NRestarts atalaya-agent")).toMatch(/^(?!0$)\d+\n+1$/);
      // Brought up to date by the same line: it stays what it is, and what it runs goes on.
      const again = await machine.typed(await world.joinLine());
      expect(again.code, again.printed).toBe(0);
      await world.hostIs("pc-01", "online");
      expect(machine.processes().some((line) => line.includes("/tmp/go"))).toBe(true);
      await typed("touch /tmp/go");
      const run = async (): Promise<string> => (await world.atalaya("job", "show", job.body.id)).printed;
      await expect.poll(run, { timeout: 20_000 }).toContain("succeeded");
    });

    test("lists its units, and knows none that is not there", async () => {
      const all = JSON.parse(await done("ls", "pc-01", "--json")) as readonly Service[];
      expect(all).toContainEqual(
        expect.objectContaining({ name: "systemd-journald", state: "running", manager: "systemd" }),
      );
      expect(all).toContainEqual(expect.objectContaining({ name: "atalaya-agent", state: "running", enabled: true }));
      expect(await service("start", "pc-01", "no-such-thing")).toMatchObject({
        code: 1,
        printed: expect.stringContaining("service.unknown"),
      });
    });

    test("gets a service, which is stopped, started, restarted, enabled, disabled, read and removed", async () => {
      const script = `trap 'echo leaving; exit 0' TERM; echo "50% of $HOME"; while :; do sleep 0.1; done`;
      await done("add", "pc-01", "greeter", "--env", 'HOME=/a "b" $c', "--", "/bin/sh", "-c", script);
      const running = await seen("greeter");
      expect(running).toMatchObject({ state: "running", enabled: true, pid: expect.any(Number) });
      expect(await typed(`ps -o comm= -p ${running.pid}`)).toBe("sh");
      await expect.poll(() => told("greeter"), { timeout: 20_000 }).toMatchObject({ running: true, enabled: true });

      expect(await done("restart", "pc-01", "greeter")).toMatch(/running +greeter \(process \d+, enabled\)/);
      expect((await seen("greeter")).pid).not.toBe(running.pid);
      expect(await done("stop", "pc-01", "greeter")).toMatch(/stopped +greeter/);
      expect(await typed("systemctl is-active greeter")).toBe("inactive");
      await expect.poll(() => told("greeter"), { timeout: 20_000 }).toMatchObject({ running: false });
      const lines = await done("logs", "pc-01", "greeter", "--no-prefix", "-q");
      expect(lines).toContain('50% of /a "b" $c');
      expect(lines).toContain("leaving");
      expect(lines).not.toContain("Unknown key");

      // Without the bus systemd is asked itself.
      await typed("systemctl stop dbus.socket dbus.service");
      expect(await seen("greeter")).toMatchObject({ state: "stopped" });
      await typed("systemctl start dbus.socket");

      await done("disable", "pc-01", "greeter");
      expect(await typed("systemctl is-enabled greeter")).toBe("disabled");
      await done("enable", "pc-01", "greeter");
      expect(await typed("systemctl is-enabled greeter")).toBe("enabled");
      await done("start", "pc-01", "greeter");
      expect(await typed("systemctl is-active greeter")).toBe("active");
      await done("remove", "pc-01", "greeter");
      expect(await typed("systemctl is-active greeter; ls /etc/systemd/system | grep greeter")).toBe("inactive");
    });

    test("tells of what fails, of what is no service of ours, and of what somebody else does to it", async () => {
      const unit = (text: string): string => `[Service]\\n${text}\\n`;
      await typed(`printf '${unit('Type=oneshot\\nExecStart=/bin/sh -c "exit 7"')}' >/etc/systemd/system/ill.service`);
      await typed(`printf '${unit("ExecStart=/bin/sleep 1000")}' >/etc/systemd/system/theirs.service`);
      await typed("systemctl daemon-reload");
      expect(await service("start", "pc-01", "ill")).toMatchObject({
        code: 1,
        printed: expect.stringMatching(
          /service\.failed.*systemd could not start ill\.service: the job ended with failed/s,
        ),
      });
      expect(await seen("ill")).toMatchObject({ state: "failed", exitCode: 7 });
      // Which systemd calls started before it has looked for the program.
      await typed(
        `printf '${unit("ExecStart=/no/such/program")}' >/etc/systemd/system/absent.service; systemctl daemon-reload`,
      );
      expect(await service("start", "pc-01", "absent")).toMatchObject({
        code: 1,
        printed: expect.stringContaining("absent.service ended with 203 as soon as it was started: its program is not"),
      });
      expect(await done("logs", "pc-01", "absent", "-q")).toContain("status=203/EXEC");
      expect((await service("enable", "pc-01", "absent")).printed).toContain("absent.service cannot be enabled");
      expect(await service("stop", "pc-01", "atalaya-agent")).toMatchObject({
        code: 1,
        printed: expect.stringContaining("this is the agent itself"),
      });
      await done("restart", "pc-01", "atalaya-agent");
      expect(await service("remove", "pc-01", "theirs")).toMatchObject({
        code: 1,
        printed: expect.stringContaining("service.foreign"),
      });
      await typed("systemctl start theirs");
      await expect.poll(() => told("theirs"), { timeout: 20_000 }).toMatchObject({ running: true, type: "systemd" });
      await typed("kill -9 $(systemctl show -P MainPID theirs)");
      await expect.poll(() => told("theirs"), { timeout: 20_000 }).toMatchObject({ running: false, failed: true });
      expect(await seen("theirs")).toMatchObject({ state: "failed", exitCode: 137 });
      await typed(
        "rm /etc/systemd/system/ill.service /etc/systemd/system/absent.service /etc/systemd/system/theirs.service; systemctl daemon-reload; systemctl reset-failed",
      );
    });

    test("is as it was once the agent is uninstalled", async () => {
      const removed = await machine.typed("atalaya-agent uninstall --yes");
      expect(removed.code, removed.printed).toBe(0);
      await expect.poll(() => machine.processes(), { timeout: 15_000 }).toEqual([]);
      expect(machine.changes()).toEqual([]);
      expect(
        await typed("systemctl list-units --all --no-legend 'atalaya*'; find /sys/fs/cgroup -name '*atalaya*'"),
      ).toBe("");
    });
  },
);
