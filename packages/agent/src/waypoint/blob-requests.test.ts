import fc from "fast-check";
import { expect, test } from "vitest";
import { readBlobRequest } from "./blob-requests.ts";

const sha256 = "a".repeat(64);

test("a request names a blob, a run, and perhaps whose it is", () => {
  expect(readBlobRequest("GET", `/blobs/${sha256}?run=run_x`, undefined)).toEqual({
    sha256,
    run: "run_x",
    owner: undefined,
    offset: 0,
  });
  expect(readBlobRequest("GET", `/blobs/${sha256}?run=run_x&for=enr_y`, "bytes=17-")).toEqual({
    sha256,
    run: "run_x",
    owner: "enr_y",
    offset: 17,
  });
});

test("whatever else is asked for is nothing, and what is read is fit to be asked on", () => {
  const target = fc.oneof(
    fc.string(),
    fc.tuple(fc.string(), fc.string()).map(([run, owner]) => `/blobs/${sha256}?run=${run}&for=${owner}`),
    fc.string().map((path) => `/blobs/${path}?run=r`),
  );
  fc.assert(
    fc.property(fc.constantFrom("GET", "HEAD", "PUT"), target, fc.option(fc.string()), (method, path, range) => {
      const read = readBlobRequest(method, path, range ?? undefined);
      if (read === undefined) return;
      expect(`${read.sha256}${read.run}${read.owner ?? ""}`).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(Number.isSafeInteger(read.offset)).toBe(true);
    }),
  );
  for (const wrong of [`/blobs/${sha256}`, `/blobs/${sha256}?run=a b`, `/blobs/../x?run=r`, `//blobs/${sha256}?run=r`])
    expect(readBlobRequest("GET", wrong, undefined)).toBeUndefined();
  expect(readBlobRequest("GET", `/blobs/${sha256}?run=r`, "bytes=1-2")).toBeUndefined();
});
