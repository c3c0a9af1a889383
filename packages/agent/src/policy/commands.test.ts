import { describe, expect, test } from "vitest";
import { forbids, timeLimitOf, type Wish } from "./commands.ts";
import { openPolicy, parsePolicy } from "./policy.ts";

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

describe("the policy of commands", () => {
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
});
