import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// Memory of a process is not the same twice; one that leaks fails every time.
test("an idle mutual-TLS link costs the server at most 80 KB", { retry: 2 }, async () => {
  const bench = fileURLToPath(new URL("./idle-links.testing.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [bench, "600"]);
  const { bytesPerLink } = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
    bytesPerLink: { builtin: number; bare: number };
  };
  expect(bytesPerLink.builtin / 1024).toBeLessThan(80);
});
