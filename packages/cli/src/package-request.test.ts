import { expect, test } from "vitest";
import { packageRequest } from "./package-request.ts";
import { personalityFiles } from "./personality-files.ts";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

test("names, versions and scopes are told apart", () => {
  expect(packageRequest("install", ["nginx", "hello=2.10-3"], { lockWait: "2m", refresh: true })).toEqual({
    action: "install",
    names: [{ name: "nginx" }, { name: "hello", version: "2.10-3" }],
    refresh: true,
    lockWaitMs: 120_000,
  });
  expect(packageRequest("install", ["@scope/x@1.2.3", "@scope/y"], { manager: "npm", npmPrefix: "/opt/n" })).toEqual({
    action: "install",
    names: [{ name: "@scope/x", version: "1.2.3" }, { name: "@scope/y" }],
    manager: "npm",
    prefix: "/opt/n",
  });
  expect(packageRequest("install", ["mine"], { upload: "mine.deb" }, "a".repeat(64))).toMatchObject({
    names: [{ name: "mine", source: { kind: "blob", sha256: "a".repeat(64) } }],
  });
});

test("what does not go together is said", () => {
  expect(() => packageRequest("install", ["a", "b"], { file: "/x.deb" })).toThrow("the one package");
  expect(() => packageRequest("install", ["a"], { manager: "brew" })).toThrow("none of dpkg");
  expect(() => packageRequest("install", ["a"], { npmPrefix: "/x" })).toThrow("--manager npm");
});

test("a folder is laid out like the host, a file says where it goes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "push-"));
  await mkdir(join(folder, "etc/app"), { recursive: true });
  await writeFile(join(folder, "etc/app/run"), "#!/bin/sh\n", { mode: 0o755 });
  await writeFile(join(folder, "motd"), "hi");
  expect(await personalityFiles([`${folder}/`, `${folder}/motd:/etc/motd`], { owner: "root" })).toEqual([
    { path: "/etc/app/run", content: "IyEvYmluL3NoCg==", owner: "root", mode: "0755" },
    { path: "/motd", content: "aGk=", owner: "root" },
    { path: "/etc/motd", content: "aGk=", owner: "root" },
  ]);
  await expect(personalityFiles([`${folder}/motd`], {})).rejects.toThrow("say where it goes");
  await rm(folder, { recursive: true });
});
