import fc from "fast-check";
import { expect, test } from "vitest";
import { readClaim, readStarted, readStatus } from "./records.ts";

test("a line that is cut anywhere does not count as a status or a start", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.nat(1e7), fc.nat(99), (code, seconds, hundredths) => {
      const line = `${code} ${seconds}.${String(hundredths).padStart(2, "0")} .\n`;
      expect(readStatus(line)?.exitCode).toBe(code);
      expect(readStatus(line)?.uptimeMs).toBe(seconds * 1000 + hundredths * 10);
      for (let end = 0; end < line.length; end += 1) {
        expect(readStatus(line.slice(0, end))).toBeUndefined();
        expect(readStarted(line.slice(0, end))).toBeUndefined();
      }
    }),
  );
});

test("a torn claim still is somebody's claim", () => {
  expect(readClaim("agent\n")).toEqual({ by: "agent" });
  expect(readClaim("123\n")).toEqual({ by: "wrapper", pid: 123 });
  expect(readClaim("12")).toEqual({ by: "unknown" });
  expect(readClaim("")).toEqual({ by: "unknown" });
});
