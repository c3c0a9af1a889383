import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseService } from "./service-file.ts";

async function pamFolder(...names: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-pam-"));
  for (const name of names) await writeFile(join(folder, name), "");
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test("the service's file is made on the machine's own rules, readable to all, and another one is never written over", async () => {
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

const once =
  "# Who signs in to Atalaya (pam.d(5)). Made once by the server; change it as you like, it is not written again.\n";
const first = `${once}auth     include common-auth\naccount  required pam_nologin.so\naccount  include common-account\n`;

test("a file that stands as an earlier version wrote it is written anew, once", async () => {
  await using debian = await pamFolder("common-auth", "common-account", "login");
  const file = join(debian.folder, "atalaya");
  await writeFile(file, first);
  expect(await chooseService("atalaya", [debian.folder])).toEqual({
    service: "atalaya",
    note: expect.stringMatching(/atalaya was written anew/),
  });
  expect(await readFile(file, "utf8")).toContain("acct_expired=die");
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  expect(await readdir(debian.folder)).not.toContain("atalaya.new");
  expect(await chooseService("atalaya", [debian.folder])).toEqual({ service: "atalaya" });

  // As a later version finds what this one wrote, on a machine whose own rules have other names by then.
  await rm(join(debian.folder, "common-auth"));
  await writeFile(join(debian.folder, "system-auth"), "");
  await chooseService("atalaya", [debian.folder]);
  expect(await readFile(file, "utf8")).toContain("auth     include system-auth");
});

test("a file that somebody changed is left, and it is said once there are other rules", async () => {
  await using debian = await pamFolder("common-auth", "common-account", "login");
  const file = join(debian.folder, "atalaya");
  const changed = `${first}account required pam_access.so\n`;
  await writeFile(file, changed);
  const left = { service: "atalaya", note: expect.stringMatching(/changed by hand and is left as it is/) };
  expect(await chooseService("atalaya", [debian.folder])).toEqual(left);
  expect(await readFile(file, "utf8")).toBe(changed);

  await rm(file);
  await chooseService("atalaya", [debian.folder]);
  const own = (await readFile(file, "utf8")).replace("pam_nologin.so", "pam_access.so");
  await writeFile(file, own);
  // Changed, but of the rules that this version has: there is nothing to tell.
  expect(await chooseService("atalaya", [debian.folder])).toEqual({ service: "atalaya" });
  expect(await readFile(file, "utf8")).toBe(own);
});
