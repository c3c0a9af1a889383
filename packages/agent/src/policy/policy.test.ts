import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { forbids, openPolicy, parsePolicy, timeLimitOf, type Wish } from "./policy.ts";
import { policyFile } from "./policy-file.ts";

const account = (name: string, uid: number) => ({ name, uid, gid: uid, home: "/", shell: "/bin/sh" });
const wish = (over: Partial<Wish> = {}): Wish => ({
  capability: "exec",
  request: { command: { kind: "program", program: "id", args: [] }, graceMs: 0 },
  account: account("root", 0),
  switched: false,
  cwd: "/root",
  ...over,
});
const policy = (exec: object, rest: object = {}) => parsePolicy({ exec, ...rest }, "policy.toml");

describe("the policy of a fresh host", () => {
  test("allows the agent's own account, be it root, and accounts of people", () => {
    expect(forbids(openPolicy, wish())).toBeUndefined();
    expect(forbids(openPolicy, wish({ account: account("ana", 1000), switched: true }))).toBeUndefined();
  });
  test("denies the system's own accounts", () => {
    expect(forbids(openPolicy, wish({ account: account("www-data", 33), switched: true }))).toContain("at least 1000");
  });
});

describe("an account that was given to a person", () => {
  const mapped = (over: Partial<Wish> = {}, more: object = {}): Wish => {
    const made = wish(over);
    return { ...made, request: { ...made.request, mapped: true, ...more } };
  };
  test("is never one of the system's, be it the agent's own", () => {
    expect(forbids(openPolicy, mapped())).toContain("at least 1000");
    expect(forbids(openPolicy, mapped({ account: account("daemon", 1), switched: true }))).toContain("at least 1000");
    expect(forbids(openPolicy, mapped({ account: account("ana", 1000), switched: true }))).toBeUndefined();
    expect(forbids(openPolicy, mapped({ account: account("ana", 1000) }))).toBeUndefined();
  });
  test("is one below only where the host's owner names it", () => {
    const tomcat = { account: account("tomcat", 120), switched: true };
    expect(forbids(policy({ accounts: ["tomcat"] }), mapped(tomcat))).toBeUndefined();
    expect(forbids(policy({ accounts: ["ana"] }), mapped(tomcat))).toContain("does not name");
  });
  test("gets nothing that needs the agent's rights", () => {
    const ana = { account: account("ana", 1000), switched: true };
    expect(forbids(openPolicy, mapped(ana, { nice: -1 }))).toBeDefined();
    expect(forbids(openPolicy, mapped(ana, { nice: 5 }))).toBeUndefined();
  });
});

describe("a policy", () => {
  test("forbids what it says, with a sentence for each", () => {
    expect(forbids(policy({ root: false }), wish())).toContain("root");
    expect(forbids(policy({}, { capabilities: [] }), wish())).toContain("exec");
    const ana = { account: account("ana", 1000), switched: true };
    expect(forbids(policy({ accounts: ["eva"] }), wish(ana))).toContain("does not name");
    expect(forbids(policy({ "denied-accounts": ["ana"] }), wish(ana))).toContain("denies");
    expect(
      forbids(policy({ accounts: ["www-data"] }), wish({ account: account("www-data", 33), switched: true })),
    ).toBeUndefined();
    const shell = { command: { kind: "shell", script: "id" }, graceMs: 0, timeLimitMs: 9_000 } as const;
    expect(forbids(policy({ shell: false }), wish({ request: shell }))).toContain("shell");
    expect(forbids(policy({ "max-seconds": 8 }), wish({ request: shell }))).toContain("8 s");
  });
  test("keeps working directories inside the folders it names", () => {
    const srv = policy({ "working-directories": ["/srv"] });
    expect(forbids(srv, wish({ cwd: "/srv/app" }))).toBeUndefined();
    expect(forbids(srv, wish({ cwd: "/srv" }))).toBeUndefined();
    for (const cwd of ["/srvx", "/", "/srv/../etc"]) expect(forbids(srv, wish({ cwd }))).toContain(cwd);
  });
  test("sets the time limit of requests that name none", () => {
    expect(timeLimitOf(policy({ "max-seconds": 8 }), wish().request)).toBe(8_000);
    expect(timeLimitOf(openPolicy, wish().request)).toBeUndefined();
  });
  test("has every wrong key named in one error", () => {
    const broken = () => policy({ root: "yes", rooot: true, "minimum-uid": -1 }, { capability: [] });
    for (const key of ["exec.root:", "exec.rooot:", "exec.minimum-uid:", "capability:"]) expect(broken).toThrow(key);
  });
});

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
