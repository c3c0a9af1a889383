import { expect, test } from "vitest";
import { sampleView, type Sample } from "./sample-view.ts";
import { recordedTerminal } from "./terminal.testing.ts";

const { out } = recordedTerminal();
const GIB = 1024 ** 3;

test("a sample is a page: shares as bars, what the host cannot tell left out, the busiest process first", () => {
  const sample: Sample = {
    at: 1_000,
    uptimeSeconds: 7_200,
    load: [0.5, 1, 2],
    cpu: { total: 0.25, cores: [0.5, 0] },
    memory: { total: 4 * GIB, used: GIB, free: GIB, available: 3 * GIB, cached: GIB },
    swap: { total: 0, used: 0 },
    disks: [{ mount: "/", total: 100 * GIB, used: 50 * GIB }],
    networks: [{ name: "eth0", rxBytes: 1, txBytes: 1, rxBytesPerSecond: 2_048 }],
    processes: [
      { pid: 2, name: "idle", user: "root", cpu: 0, memory: 1024 },
      { pid: 3, name: "busy\u001b[31m", user: "ana", cpu: 1.5, memory: GIB },
    ],
    clockSkewMs: -40,
  };
  expect(sampleView("pc-01", sample, out, 3_000)).toBe(
    `${[
      "pc-01  up 2h  told 2.0s ago  clock -40ms",
      "load      0.50  1.00  2.00",
      "cpu       [#####---------------]  25 %  50 0",
      "memory    [#####---------------]  25 %  1.0 GiB of 4.0 GiB",
      "disks     [##########----------]  50 %  50.0 GiB of 100 GiB  /",
      "networks  in   2.0 KiB/s  out           -  eth0",
      "",
      "PID  USER  CPU    MEMORY   WHAT",
      String.raw`3    ana   150 %  1.0 GiB  busy\x1b[31m`,
      "2    root  0 %    1.0 KiB  idle",
    ].join("\n")}\n`,
  );
});

test("a host that tells nothing yet has only its name", () => {
  expect(sampleView("pc-02", { at: 0 }, out, 0)).toBe("pc-02  told 0ms ago\n");
});
