import { MAX_CONTROL_FRAME_BYTES } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { checkFits } from "./new-job.ts";

const tooLarge = expect.objectContaining({ code: "request.too-large" });

/** The longest start there can be around a request. */
function startOf(request: string, secrets: Readonly<Record<string, string>>): string {
  const hash = "A".repeat(44);
  const ticket = {
    claims: '"'.repeat(1_024),
    index: 65_535,
    size: 65_536,
    path: Array(17).fill(hash),
    signature: "A".repeat(88),
  };
  const run = `run_${"A".repeat(22)}`;
  return JSON.stringify({
    type: "start",
    run,
    handle: 2 ** 32,
    epoch: 2 ** 32,
    capability: "exec",
    request,
    ticket,
    secrets,
  });
}

test("what is let through fits into a frame, however much of it has to be escaped", () => {
  for (const unit of ["x", '"', "\n", "\u0001", "€"]) {
    let fitting = 0;
    for (let step = 2 ** 22; step >= 1_024; step /= 2) {
      try {
        checkFits(JSON.stringify({ text: unit.repeat(fitting + step) }), { A: "b" });
        fitting += step;
      } catch (error) {
        expect(error).toEqual(tooLarge);
      }
    }
    const frame = startOf(JSON.stringify({ text: unit.repeat(fitting) }), { A: "b" });
    expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(MAX_CONTROL_FRAME_BYTES);
    expect(Buffer.byteLength(frame)).toBeGreaterThan(MAX_CONTROL_FRAME_BYTES - 32_768);
  }
});

test("secrets count too", () => {
  const secrets = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`S${n}`, "x".repeat(131_072)]));
  expect(() => checkFits("{}", secrets)).toThrow(tooLarge);
  expect(() => checkFits("{}", undefined)).not.toThrow();
});
