import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ServiceSpec } from "@atalaya/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../testing/eventually.testing.ts";
import { encodeMessage, messageReader, type Message } from "../../platform/dbus/wire.ts";
import { withSystemd } from "./perform.ts";
import { servicesSource } from "./status-source.ts";
import { openSystemd, type Systemd } from "./systemd.ts";
import { DBUS_DAEMON, fakeSystemd, type FakeSystemd } from "./systemd.testing.ts";
import { MARK, unitText } from "./unit-file.ts";

describe.runIf(existsSync(DBUS_DAEMON))("systemd, over a real bus", () => {
  let fake: FakeSystemd;
  let systemd: Systemd;
  beforeAll(async () => {
    fake = await fakeSystemd();
    systemd = await openSystemd({ bus: fake.bus, units: fake.units });
  });
  afterAll(async () => {
    systemd[Symbol.dispose]();
    await fake[Symbol.asyncDispose]();
  });
  const scene = { say: (): void => undefined, warn: (): void => undefined };
  const ask = (request: object) =>
    withSystemd(systemd, { names: [], lines: 1, timeLimitMs: 1_000, ...request } as never, scene);

  test("lists loaded services and those that are only on the disk, but no templates", async () => {
    expect(await systemd.list()).toEqual([
      { name: "cron", manager: "systemd", state: "running", enabled: true, description: "about cron.service" },
      { name: "idle", manager: "systemd", state: "stopped", enabled: false },
      { name: "ill", manager: "systemd", state: "failed", description: "about ill.service" },
    ]);
  });

  test("tells the state of one, and which it does not know", async () => {
    expect(await systemd.status("cron")).toEqual({
      name: "cron",
      manager: "systemd",
      state: "running",
      enabled: true,
      description: "about cron.service",
      pid: 4321,
      since: 1_700_000_000_000,
      restarts: 2,
    });
    await expect(systemd.status("nope")).rejects.toMatchObject({ code: "service.unknown" });
  });

  test("starts and stops, waits until the job is done, and says what changed", async () => {
    const watching = await systemd.watch(() => (told += 1));
    let told = 0;
    expect(await ask({ action: "stop", names: ["cron"] })).toMatchObject({
      changed: true,
      services: [{ state: "stopped" }],
    });
    expect(await ask({ action: "stop", names: ["cron"] })).toMatchObject({ changed: false });
    expect(await ask({ action: "restart", names: ["cron.service"] })).toMatchObject({
      changed: true,
      services: [{ state: "running" }],
    });
    expect(fake.calls).toContain(`StopUnit ["cron.service","replace"]`);
    expect(told).toBe(3);
    watching[Symbol.dispose]();
    fake.result = "failed";
    await expect(ask({ action: "start", names: ["ill"] })).rejects.toMatchObject({
      code: "service.failed",
      message: "systemd could not start ill.service: the job ended with failed",
    });
    fake.result = "done";
  });

  test("adds a unit of ours, and never touches another's", async () => {
    const spec = ServiceSpec.parse({ program: "/bin/sleep", args: ["9"] });
    expect(await ask({ action: "add", names: ["mine"], spec })).toMatchObject({
      changed: true,
      services: [{ name: "mine" }],
    });
    const text = await readFile(join(fake.units, "mine.service"), "utf8");
    expect(text).toContain(MARK);
    // It is systemd 252.
    expect(text).not.toContain("RestartSteps");
    expect(await ask({ action: "add", names: ["mine"], spec })).toMatchObject({ changed: false });
    await expect(ask({ action: "add", names: ["cron"], spec })).rejects.toMatchObject({ code: "service.foreign" });
    await writeFile(join(fake.units, "theirs.service"), "[Service]\n");
    await expect(systemd.remove("theirs")).rejects.toMatchObject({ code: "service.foreign" });
    await ask({ action: "remove", names: ["mine"] });
    expect(existsSync(join(fake.units, "mine.service"))).toBe(false);
  });

  test.runIf(existsSync("/usr/bin/busctl"))("writes what an independent client reads", async () => {
    const args = [
      `--address=unix:path=${fake.bus}`,
      "call",
      "org.freedesktop.systemd1",
      "/org/freedesktop/systemd1",
      "org.freedesktop.systemd1.Manager",
    ];
    const { stdout } = await promisify(execFile)("busctl", [...args, "ListUnitFilesByPatterns", "asas", "0", "1", "*"]);
    expect(stdout).toContain(`a(ss) 3 "/lib/systemd/system/cron.service" "enabled"`);
  });

  test("is what the status says of services, and tells when to look again", async () => {
    const source = servicesSource({ bus: fake.bus });
    expect((await source.read()).map(({ name }) => name)).toContain("cron");
    let tell = (): void => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const watching = source.changed(() => tell());
    await eventually(() => fake.calls.filter((call) => call.startsWith("Subscribe")).length).toBeGreaterThan(1);
    await systemd.act("restart", "cron");
    await told;
    watching[Symbol.dispose]();
    expect(await servicesSource(undefined).read()).toBeInstanceOf(Array);
  });

  test("ends every call when the bus goes away", async () => {
    const other = await fakeSystemd();
    const lost = await openSystemd({ bus: other.bus });
    await other[Symbol.asyncDispose]();
    await expect(lost.list()).rejects.toMatchObject({ code: "service.failed" });
    await eventually(() => openSystemd({ bus: other.bus }).catch((error: { code: string }) => error.code)).toBe(
      "service.manager-missing",
    );
  });
});

describe("messages of D-Bus", () => {
  const bodies: fc.Arbitrary<Pick<Message, "signature" | "body">> = fc
    .tuple(
      fc.array(fc.tuple(fc.string(), fc.boolean(), fc.integer({ min: 0, max: 0xffff_ffff }))),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.integer({ min: -32768, max: 32767 }),
      fc.double({ noNaN: true }),
    )
    .filter(([list]) => !list.some(([text]) => text.includes("\0") || !text.isWellFormed()))
    .map(([list, big, small, real]) => ({
      signature: "a(sbu)tnda{sv}",
      body: [list, big, small, real, [["k", { type: "as", value: ["x"] }]]],
    }));

  test("survive the wire, however it is cut", () => {
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 40 }), (body, cut) => {
        const message: Message = { type: "signal", serial: 7, path: "/a", interface: "b.c", member: "D", ...body };
        const bytes = Buffer.concat([encodeMessage(message), encodeMessage(message)]);
        const read = messageReader();
        const found = [];
        for (let at = 0; at < bytes.length; at += cut) found.push(...read(bytes.subarray(at, at + cut)));
        expect(found).toEqual([message, message]);
      }),
    );
  });

  test("that are none are refused, and never take long", () => {
    const good = encodeMessage({
      type: "return",
      serial: 1,
      replyTo: 1,
      signature: "a(ss)v",
      body: [[["a", "b"]], { type: "s", value: "c" }],
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            messageReader()(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

test("a unit file has every word of a command as it was, whatever is in it", () => {
  const spec = ServiceSpec.parse({
    program: "/bin/echo",
    args: ["a b", `"q"`, "$HOME", "100%", "x\ny", "\\"],
    env: { A: `b "c" %d $e` },
    restart: "on-failure",
  });
  const text = unitText("x", spec);
  expect(text).toContain(String.raw`ExecStart="/bin/echo" "a b" "\"q\"" "$$HOME" "100%%" "x\ny" "\\"`);
  expect(text).toContain(String.raw`Environment="A=b \"c\" %%d $e"`);
  expect(text).toContain("Restart=on-failure");
});

test("the wait that grows is written only for a systemd that knows it", () => {
  const spec = ServiceSpec.parse({ program: "/bin/true" });
  expect(unitText("x", spec, 254)).toContain("RestartSteps=8\nRestartMaxDelaySec=60000ms\n");
  expect(unitText("x", spec, 253)).not.toMatch(/RestartSteps|RestartMaxDelaySec/);
});
