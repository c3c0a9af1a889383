import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openPolicy } from "./policy.ts";
import { policyFile } from "./policy-file.ts";

describe("the policy's file", () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "policy-"));
  });
  afterEach(() => rm(data, { recursive: true }));

  test("is read anew when it changes, and allows nothing while it is broken or others can write it", async () => {
    const file = policyFile(data, join(data, "none", "policy.toml"));
    const path = join(data, "policy.toml");
    expect(await file.current()).toEqual(openPolicy);
    await writeFile(path, "[exec]\nroot = false\n");
    expect((await file.current()).exec.root).toBe(false);
    await writeFile(path, "[exec\n");
    await expect(file.current()).rejects.toMatchObject({ code: "settings.wrong" });
    await writeFile(path, "[exec]\n");
    await chmod(path, 0o666);
    await expect(file.current()).rejects.toThrow("written by others");
  });
  test("is not trusted through a link that leads nowhere or through a folder that others can write", async () => {
    const file = policyFile(data, join(data, "none", "policy.toml"));
    const path = join(data, "policy.toml");
    const open = join(data, "open");
    await mkdir(open);
    await symlink(join(open, "policy.toml"), path);
    await expect(file.current()).rejects.toThrow("leads to nothing");
    await writeFile(join(open, "policy.toml"), "");
    expect(await file.current()).toEqual(openPolicy);
    await chmod(open, 0o777);
    await expect(file.current()).rejects.toThrow(`${open} can be written by others`);
    await rm(path);
    await mkdir(path);
    await expect(file.current()).rejects.toThrow("is not a file");
  });
});
