import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packagesSource, watchPackages } from "./status-source.ts";

test.runIf(existsSync("/var/lib/dpkg/status"))("the status has the packages of this very machine", async () => {
  const all = await packagesSource.read();
  expect(all.find(({ name }) => name === "dpkg")).toMatchObject({ manager: "dpkg", status: "installed" });
  expect(all.length).toBeGreaterThan(50);
});

test("a change of a database is told once, when it has been quiet for a moment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "database-"));
  let told = 0;
  let tell = (): void => undefined;
  const first = new Promise<void>((resolve) => (tell = resolve));
  const watching = watchPackages(() => {
    told += 1;
    tell();
  }, [folder, join(folder, "none")]);
  await writeFile(join(folder, "status"), "1");
  await writeFile(join(folder, "status"), "2");
  // Our timer does not keep a process alive.
  const alive = setInterval(() => undefined, 100);
  await first;
  clearInterval(alive);
  watching[Symbol.dispose]();
  expect(told).toBe(1);
  await rm(folder, { recursive: true });
});
