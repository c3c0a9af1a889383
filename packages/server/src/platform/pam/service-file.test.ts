import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseService } from "./service-file.ts";

async function pamFolder(...names: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-pam-"));
  for (const name of names) await writeFile(join(folder, name), "");
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test("the service's file is made once on the machine's own rules, readable to all, and never written over", async () => {
  await using debian = await pamFolder("common-auth", "common-account", "login");
  expect(await chooseService("atalaya", [debian.folder])).toEqual({ service: "atalaya" });
  const file = join(debian.folder, "atalaya");
  expect(await readFile(file, "utf8")).toMatch(/^auth +include common-auth$[^]*^account +include common-account$/m);
  expect((await stat(file)).mode & 0o777).toBe(0o644);

  await writeFile(file, "auth required pam_deny.so\n");
  expect(await chooseService("atalaya", [debian.folder])).toEqual({ service: "atalaya" });
  expect(await readFile(file, "utf8")).toBe("auth required pam_deny.so\n");

  await using fedora = await pamFolder("system-auth");
  await chooseService("atalaya", [fedora.folder]);
  expect(await readFile(join(fedora.folder, "atalaya"), "utf8")).toContain("auth     include system-auth");
});

test("where it cannot be made, another service is asked, and that is said", async () => {
  await using bare = await pamFolder("login", "other");
  expect(await chooseService("atalaya", [bare.folder])).toEqual({
    service: "login",
    note: expect.stringMatching(/cannot be made: this machine has neither common-auth.*`login` instead/),
  });
  await using vendor = await pamFolder("common-auth", "other");
  expect(await chooseService("atalaya", ["/proc/self/nowhere", vendor.folder])).toEqual({
    service: "other",
    note: expect.stringContaining("cannot be made: ENOENT"),
  });
});

test("a service that a site named is not invented; without any there is no way in by password", async () => {
  await using debian = await pamFolder("common-auth", "login");
  expect(await chooseService("campus", [debian.folder])).toEqual({
    unavailable: expect.stringMatching(/campus does not exist/),
  });
  await using empty = await pamFolder();
  expect(await chooseService("atalaya", [empty.folder])).toEqual({
    unavailable: expect.stringContaining("no PAM service to ask"),
  });
});
