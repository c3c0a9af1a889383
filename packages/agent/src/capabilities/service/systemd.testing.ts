/**
 * A bus as machines have one, with a real dbus-daemon, and something on it that answers as systemd's manager does for a
 * handful of units. It stands in for the machine: what it proves is our side of the wire, not systemd's behaviour.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBus } from "../../platform/dbus/bus.ts";
import type { Message, Variant } from "../../platform/dbus/wire.ts";

export const DBUS_DAEMON = "/usr/bin/dbus-daemon";

export interface FakeSystemd extends AsyncDisposable {
  readonly bus: string;
  readonly units: string;
  /** What was asked, by member. */
  readonly calls: string[];
  /** The result of the next jobs. */
  result: string;
}

interface Unit {
  active: string;
  sub: string;
  file: string;
  pid: number;
}

const NAME = "org.freedesktop.systemd1";

export async function fakeSystemd(): Promise<FakeSystemd> {
  const folder = await mkdtemp(join(tmpdir(), "bus-"));
  const units = join(folder, "units");
  await mkdir(units);
  const path = join(folder, "socket");
  const policy = `<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>`;
  const config = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>${policy}</busconfig>`;
  await writeFile(join(folder, "bus.conf"), config);
  const daemon = spawn(DBUS_DAEMON, [`--config-file=${join(folder, "bus.conf")}`, "--nofork", "--print-address"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(daemon.stdout, "data");

  const bus = await openBus(path);
  const at = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus" };
  await bus.call({ ...at, member: "RequestName", signature: "su", body: [NAME, 4] });
  const known = new Map<string, Unit>([
    ["cron.service", { active: "active", sub: "running", file: "enabled", pid: 4321 }],
    ["ill.service", { active: "failed", sub: "failed", file: "disabled", pid: 0 }],
  ]);
  let jobs = 0;
  const fake = {
    bus: path,
    units,
    calls: [] as string[],
    result: "done",
    async [Symbol.asyncDispose]() {
      bus[Symbol.dispose]();
      const gone = once(daemon, "exit");
      daemon.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  };

  const pathOf = (name: string): string => `/org/freedesktop/systemd1/unit/${Buffer.from(name).toString("hex")}`;
  const nameOf = (unitPath: string): string => Buffer.from(unitPath.split("/").at(-1)!, "hex").toString();
  const text = (value: string): Variant => ({ type: "s", value });
  const number = (value: number): Variant => ({ type: "u", value });
  const nothing = { signature: "", body: [] };

  function job(name: string): { signature: string; body: readonly unknown[] } {
    const id = (jobs += 1);
    const jobPath = `/org/freedesktop/systemd1/job/${id}`;
    const unit = known.get(name)!;
    bus.emit({
      path: "/org/freedesktop/systemd1",
      interface: `${NAME}.Manager`,
      member: "JobRemoved",
      signature: "uoss",
      body: [id, jobPath, name, fake.result],
    });
    if (fake.result !== "done") Object.assign(unit, { active: "failed", sub: "failed", pid: 0 });
    return { signature: "o", body: [jobPath] };
  }

  function properties(name: string, part: string): readonly (readonly [string, Variant])[] {
    const unit = known.get(name);
    if (unit === undefined)
      return [
        ["LoadState", text("not-found")],
        ["ActiveState", text("inactive")],
      ];
    if (part.endsWith(".Service"))
      return [
        ["MainPID", number(unit.pid)],
        ["NRestarts", number(2)],
        ["ExecMainStatus", { type: "i", value: 3 }],
      ];
    return [
      ["LoadState", text("loaded")],
      ["ActiveState", text(unit.active)],
      ["SubState", text(unit.sub)],
      ["UnitFileState", text(unit.file)],
      ["Description", text(`about ${name}`)],
      ["StateChangeTimestamp", { type: "t", value: 1_700_000_000_000_000n }],
      // Of kinds that nobody asks for, but everybody gets.
      ["Environment", { type: "as", value: ["A=b"] }],
      ["Conditions", { type: "a(sbbsi)", value: [["ConditionPathExists", true, false, "/x", 1]] }],
    ];
  }

  bus.serve((call: Message) => {
    fake.calls.push(`${call.member} ${JSON.stringify(call.body)}`);
    const [first] = call.body;
    switch (call.member) {
      case "ListUnitsByPatterns":
        return {
          signature: "a(ssssssouso)",
          body: [
            [...known].map(([name, { active, sub }]) => [
              name,
              `about ${name}`,
              "loaded",
              active,
              sub,
              "",
              pathOf(name),
              0,
              "",
              "/",
            ]),
          ],
        };
      case "ListUnitFilesByPatterns":
        return {
          signature: "a(ss)",
          body: [
            [
              ["/lib/systemd/system/cron.service", "enabled"],
              ["/lib/systemd/system/idle.service", "disabled"],
              ["/lib/systemd/system/getty@.service", "enabled"],
            ],
          ],
        };
      case "LoadUnit":
        return { signature: "o", body: [pathOf(String(first))] };
      case "Get":
        return { signature: "v", body: [text("252.38-1~deb12u1")] };
      case "GetAll":
        return { signature: "a{sv}", body: [properties(nameOf(call.path!), String(first))] };
      case "StartUnit":
      case "RestartUnit":
        Object.assign(known.get(String(first))!, { active: "active", sub: "running", pid: 5000 + jobs });
        return job(String(first));
      case "StopUnit":
        Object.assign(known.get(String(first))!, { active: "inactive", sub: "dead", pid: 0 });
        return job(String(first));
      case "Reload": {
        const added = existsSync(units) ? readdir(units) : Promise.resolve([]);
        void added.then((names) =>
          names.forEach(
            (name) => known.has(name) || known.set(name, { active: "inactive", sub: "dead", file: "disabled", pid: 0 }),
          ),
        );
        return nothing;
      }
      case "EnableUnitFiles":
        return { signature: "ba(sss)", body: [true, []] };
      case "DisableUnitFiles":
        return { signature: "a(sss)", body: [[]] };
      case "Subscribe":
        return nothing;
      default:
        return { error: `${NAME}.NoSuchUnit`, text: `no ${call.member}` };
    }
  });
  return fake;
}
