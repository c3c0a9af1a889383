import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Sample } from "@atalaya/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  memoryOf,
  parseCelsius,
  parseCpuTimes,
  parseLoad,
  parseMeminfo,
  parseMounts,
  parseNetworks,
  parseProcess,
  parseUptime,
  shareOf,
  swapOf,
} from "./proc.ts";
import { createSampler } from "./sampler.ts";
import { parseUtmp } from "./utmp.ts";

/** A board with four ARM cores, of which one is off, and an old kernel. */
const ARM = {
  "proc/stat":
    "cpu  100 0 100 800 0 0 0\ncpu0 25 0 25 200 0 0 0\ncpu1 25 0 25 200 0 0 0\ncpu3 50 0 50 400 0 0 0\nintr 1 2 3\n",
  "proc/meminfo":
    "MemTotal:  1000 kB\nMemFree:   200 kB\nBuffers:   50 kB\nCached:    250 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
  "proc/loadavg": "0.52 1.00 2.25 1/123 456\n",
  "proc/uptime": "1234.56 4000.00\n",
  "proc/net/dev":
    "Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n  eth0:1000 1 0 0 0 0 0 0 2000 1 0 0 0 0 0 0\n",
  "proc/42/stat": "42 (evil) name (S\n<script>) S 1 42 42 0 -1 4194560 1 0 0 0 30 12 0 0 20 0 1 0 5 1000 250 1844",
  "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
  "sys/class/thermal/thermal_zone0/temp": "48312\n",
  "sys/class/thermal/thermal_zone1/temp": "-274000\n",
} as const;

describe("what /proc says", () => {
  test("of CPUs is read per core, also where cores are off or the kernel counts less", () => {
    const { total, cores } = parseCpuTimes(ARM["proc/stat"]);
    expect(total).toEqual({ busy: 200, all: 1_000 });
    expect(cores).toHaveLength(3);
    expect(shareOf({ busy: 0, all: 0 }, total)).toBe(0.2);
    expect(shareOf(total, total)).toBeUndefined();
    expect(shareOf(total, { busy: 1, all: 2 })).toBeUndefined();
  });

  test("of memory is read also where the kernel does not say what is available", () => {
    const info = parseMeminfo(ARM["proc/meminfo"]);
    const kB = 1024;
    expect(memoryOf(info)).toEqual({
      total: 1_000 * kB,
      free: 200 * kB,
      cached: 300 * kB,
      available: 500 * kB,
      used: 500 * kB,
    });
    expect(swapOf(info)).toBeUndefined();
  });

  test("of processes is read whatever they call themselves", () => {
    expect(parseProcess(ARM["proc/42/stat"])).toEqual({ name: "evil) name (S\n<script>", ticks: 42, pages: 250 });
  });

  test("of mounts is read once a device, without what may hang", () => {
    const text = [
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
      "23 22 8:1 /home /srv/with\\040space rw - ext4 /dev/sda1 rw",
      "24 22 8:2 / /data\\040disk rw - xfs /dev/sdb1 rw",
      "25 22 0:50 / /net rw - nfs4 server:/export rw",
      "26 22 0:4 / /proc rw - proc proc rw",
      "27 22 7:0 / /snap ro - squashfs /dev/loop0 ro",
    ].join("\n");
    expect(parseMounts(text)).toEqual(["/", "/data disk"]);
  });

  test("of sensors is left out when no chip could mean it", () => {
    expect([parseCelsius("48312\n"), parseCelsius("-274000"), parseCelsius("x"), parseCelsius(undefined)]).toEqual([
      48.312,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("never makes it throw, whatever it is", () => {
    const pieces = fc.constantFrom(
      "cpu ",
      "cpu0 ",
      "MemTotal: ",
      " kB",
      "1",
      "99999999999999999999",
      "-1",
      "\n",
      " - ",
      ":",
      "(",
      ")",
      " ",
      "eth0",
      "NaN",
    );
    const foreign = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(foreign, (text) => {
        for (const count of parseCpuTimes(text).cores) expect(Number.isSafeInteger(count.all)).toBe(true);
        for (const { rx, tx } of parseNetworks(text)) expect(rx >= 0 && tx >= 0).toBe(true);
        memoryOf(parseMeminfo(text));
        swapOf(parseMeminfo(text));
        parseMounts(text);
        parseLoad(text);
        parseUptime(text);
        parseProcess(text);
        parseCelsius(text);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1_200 }), (bytes) => void parseUtmp(bytes)));
  });
});

test("utmp tells who is logged in, and nobody who is not", () => {
  const record = (type: number, name: string, line: string): Buffer => {
    const bytes = Buffer.alloc(384);
    bytes.writeInt16LE(type, 0);
    bytes.write(line, 8);
    bytes.write(name, 44);
    bytes.writeUInt32LE(1_700_000_000, 340);
    return bytes;
  };
  const bytes = Buffer.concat([
    record(2, "reboot", "~"),
    record(7, "ana", "pts/0"),
    record(8, "", "pts/1"),
    Buffer.alloc(100),
  ]);
  expect(parseUtmp(bytes)).toEqual([{ name: "ana", terminal: "pts/0", since: 1_700_000_000_000 }]);
});

describe("a sample", () => {
  test("of a machine with few sensors has what there is, and what is missing is absent", async () => {
    const root = mkdtempSync(join(tmpdir(), "atalaya-proc-"));
    for (const [path, text] of Object.entries(ARM)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const sampler = createSampler(root);
    writeFileSync(join(root, "proc/stat"), ARM["proc/stat"].replace("cpu  100 0 100 800", "cpu  150 0 150 800"));
    const sample = await sampler.sample(true);
    expect(Sample.parse(sample)).toEqual(sample);
    expect(sample).toMatchObject({
      cpu: { total: 1 },
      load: [0.52, 1, 2.25],
      uptimeSeconds: 1234.56,
      temperatures: [{ name: "cpu-thermal", celsius: 48.312 }],
      networks: [{ name: "eth0", rxBytes: 1000, txBytes: 2000 }],
      processes: [{ pid: 42, name: "evil) name (S\n<script>", memory: 250 * 4096 }],
    });
    expect(sampler.look()).toMatchObject({ swap: null, rx: null });
    writeFileSync(join(root, "proc/net/dev"), ARM["proc/net/dev"].replaceAll("1000", "90000"));
    const { rx, tx } = sampler.look();
    expect(rx).toBeGreaterThan(0);
    expect(tx).toBe(0);
    expect(["swap", "users", "disks"].filter((part) => part in sample)).toEqual([]);
    rmSync(root, { recursive: true });
  });

  test("of this machine is one that the server reads", async () => {
    const sampler = createSampler();
    sampler.look();
    const sample = await sampler.sample(true);
    expect(Sample.parse(sample)).toEqual(sample);
    expect(sample.processes!.length).toBeGreaterThan(0);
    expect(sample.processes!.length).toBeLessThanOrEqual(20);
  });
});
