import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { person } from "../../api/actor.testing.ts";
import { roles } from "../../api/permissions.ts";
import { parseSettings } from "../../settings/index.ts";
import type { DirectoryHost } from "../fleet/index.ts";
import { accountBy, isAccountName, rulesFor } from "./account-rule.ts";
import { createAccounts } from "./index.ts";

const host = (key: number) => ({ key, name: `pc${key}` }) as DirectoryHost;
const hosts = [host(1), host(2), host(3)];
/** The selector `name:pcN` hits one of them. */
const fleet = {
  resolve: async (selector: string) => ({ hosts: hosts.filter(({ name }) => selector === `name:${name}`), selector }),
};
const accountsBy = (text: string) =>
  createAccounts({ rules: parseSettings({ env: { ATALAYA_ACCOUNTS: text } }).accounts, fleet });
const shipped = createAccounts({ rules: parseSettings({ env: {} }).accounts, fleet });

const ana = person("ana");

describe("as shipped", () => {
  test("a person of this machine is the same name on every host", async () => {
    expect(await shipped.accountFor(ana, undefined, hosts)).toEqual({ account: "ana", mapped: true });
    expect(await shipped.accountFor(ana, "ana", hosts)).toEqual({ account: "ana", mapped: true });
  });

  test("nobody without the permission is anybody else", async () => {
    for (const asked of ["root", "eva", "Ana", "ana2"]) {
      await expect(shipped.accountFor(ana, asked, hosts)).rejects.toMatchObject({
        code: "job.account-forbidden",
        message: `pam:ana runs commands as ana, not as ${asked}.`,
      });
    }
  });

  test.each([
    ["an account of the system", { name: "pam:daemon", account: "daemon", groups: ["daemon"] }],
    ["root", { name: "pam:root", account: "root", groups: ["root"] }],
    [
      "somebody of a provider, whatever they call themselves",
      { name: "oidc:campus:ana", groups: ["campus/staff"], account: undefined },
    ],
    ["whoever came by a link", { name: "link", groups: undefined, account: undefined }],
    ["a token that acts for nobody", { name: "token:ana", token: "token_x", groups: undefined, account: undefined }],
  ])("%s has no account anywhere", async (_, more) => {
    const actor = Object.fromEntries(
      Object.entries({ ...ana, ...more }).filter(([, value]) => value !== undefined),
    ) as unknown as Actor;
    for (const asked of [undefined, "ana", "root"]) {
      await expect(shipped.accountFor(actor, asked, hosts)).rejects.toMatchObject({ code: "job.account-forbidden" });
    }
  });

  test("who may choose is whom they ask for, or the agent", async () => {
    const admin = { ...person("root", "admin"), groups: ["root"] };
    expect(await shipped.accountFor(admin, "eva", hosts)).toEqual({ account: "eva", mapped: false });
    expect(await shipped.accountFor(admin, undefined, hosts)).toEqual({ mapped: false });
  });

  test("a token acts as the person it acts for, and as the one account it was made for", async () => {
    const token = { name: "token:ci", token: "token_x", permissions: new Set(roles.user) };
    const hers: Actor = { ...token, login: "pam:ana", account: "ana", groups: ["ana", "*"] };
    expect(await shipped.accountFor(hers, undefined, hosts)).toEqual({ account: "ana", mapped: true });
    const fixed: Actor = { ...token, runsAs: "deploy" };
    expect(await shipped.accountFor(fixed, undefined, hosts)).toEqual({ account: "deploy", mapped: true });
    await expect(shipped.accountFor(fixed, "root", hosts)).rejects.toMatchObject({ code: "job.account-forbidden" });
  });
});

describe("the rules of a site", () => {
  test("the first that fits decides, by login, group and host", async () => {
    const rules = accountsBy(
      "group:students at name:pc2 -> guest; pam:eva -> refuse; pam:* -> u_{account}; oidc:campus:* -> {name}",
    );
    const student = { ...person("ana"), groups: ["students", "*"] };
    expect(await rules.accountFor(student, undefined, [host(1)])).toMatchObject({ account: "u_ana" });
    expect(await rules.accountFor(student, undefined, [host(2)])).toMatchObject({ account: "guest" });
    await expect(rules.accountFor(person("eva"), undefined, [host(1)])).rejects.toMatchObject({
      code: "job.account-forbidden",
    });
    const { account: _, ...campus } = { ...person("x"), name: "oidc:campus:ana", groups: [] };
    expect(await rules.accountFor(campus, undefined, hosts)).toMatchObject({ account: "ana" });
  });

  test("a job is one account: where the hosts differ, it says how", async () => {
    const rules = accountsBy("* at name:pc2 -> guest; pam:* -> {account}");
    await expect(rules.accountFor(ana, undefined, hosts)).rejects.toMatchObject({
      code: "job.account-forbidden",
      details: { accounts: { ana: ["pc1", "pc3"], guest: ["pc2"] } },
    });
    const closed = accountsBy("* at name:pc2 -> refuse; pam:* -> {account}");
    await expect(closed.accountFor(ana, undefined, hosts)).rejects.toMatchObject({
      message: "No rule gives pam:ana an account on pc2.",
      details: { hosts: ["pc2"] },
    });
  });

  test("never make an account of what could be anything else", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, account) => {
        const login = { name: `oidc:x:${name}`, account, groups: [] };
        for (const template of ["{name}", "{account}", "u_{name}"]) {
          const made = accountBy({ login: "*", account: template }, login);
          expect(made === undefined || isAccountName(made)).toBe(true);
          expect(made ?? "").not.toMatch(/[\s/:\0]|^-/);
        }
      }),
    );
  });

  test("a pattern's star stands for any text, and everything else for itself", () => {
    const hit = (pattern: string, name: string) => rulesFor({ name, groups: [] }, [{ login: pattern }]).length === 1;
    expect(hit("pam:*", "pam:ana")).toBe(true);
    expect(hit("pam:a.a", "pam:ana")).toBe(false);
    expect(hit("pam:ana", "pam:ana2")).toBe(false);
    expect(hit("pam:ana", "xpam:ana")).toBe(false);
    expect(hit("*", "oidc:a:b\nc")).toBe(true);
  });

  test.each([
    ["pam:*", "is not `login -> account`"],
    ["pam:* -> a b", "is not `login -> account`"],
    ["pam:* -> {groups}", "names no account"],
    ["pam:* at lab:( -> ana", "has a selector that cannot be read"],
  ])("that are wrong are told at the start: %s", (text, problem) => {
    expect(() => accountsBy(text)).toThrow(problem);
  });

  test("stand in the file as a list", () => {
    const text = 'accounts = ["pam:eva -> refuse", "pam:* at name:pc[01,03] -> {account}"]';
    expect(parseSettings({ env: {}, file: { path: "atalaya.toml", text } }).accounts).toEqual([
      { login: "pam:eva" },
      { login: "pam:*", at: "name:pc[01,03]", account: "{account}" },
    ]);
  });
});
