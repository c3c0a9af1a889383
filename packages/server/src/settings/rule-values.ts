/** Settings that are rules for people: who has which role, and as whom they run. */
import { parseSelector } from "@atalaya/protocol/selectors";
import { z } from "zod";
import { roles, type Role } from "../api/permissions.ts";
import { PlacePath } from "../api/schemas.ts";
import { listOf } from "./values.ts";

const roleWords = Object.keys(roles) as readonly Role[];

const noRole = `is none of ${roleWords.map((word) => `\`${word}\``).join(", ")}`;

/** Roles by name, with commas; empty: none. */
export const roleNames = z.string().transform((text, context): readonly Role[] => {
  const names = listOf(text);
  for (const name of names) if (!isRole(name)) context.addIssue(`${JSON.stringify(name)} ${noRole}`);
  return names.filter(isRole);
});

/** A line of `roles`: who is in this group has this role, there or everywhere. */
export interface RoleRuleSetting {
  readonly role: Role;
  readonly group: string;
  readonly place?: string;
}

/** `admin:sudo,operator:teachers@centro/aula-1`. Places may hold spaces, so only commas part the rules. */
export const roleRules = z.string().transform((text, context): readonly RoleRuleSetting[] => {
  const wrong = (rule: string, why: string): [] => {
    context.addIssue(`${JSON.stringify(rule)} ${why}`);
    return [];
  };
  return text
    .split(",")
    .map((rule) => rule.trim())
    .filter((rule) => rule !== "")
    .flatMap((rule): readonly RoleRuleSetting[] => {
      const [, role = "", group, place] = /^([^:]*):([^@]+)(?:@(.*))?$/.exec(rule) ?? [];
      if (group === undefined) return wrong(rule, "is not role:group or role:group@place");
      if (!isRole(role)) return wrong(rule, `begins with ${JSON.stringify(role)}, which ${noRole}`);
      if (place === undefined) return [{ role, group }];
      if (!PlacePath.safeParse(place).success) return wrong(rule, "names no place such as site-a/aula-1");
      return [{ role, group, place }];
    });
});

/** A line of `accounts`: whom a login runs as. */
export interface AccountRuleSetting {
  readonly login?: string;
  readonly group?: string;
  readonly at?: string;
  readonly account?: string;
}

/** `group:students at lab:aula-1 -> guest; pam:* -> {account}; * -> refuse`. Selectors hold commas, so semicolons part the rules. */
export const accountRules = z.string().transform((text, context): readonly AccountRuleSetting[] => {
  const wrong = (rule: string, why: string): [] => {
    context.addIssue(`${JSON.stringify(rule)} ${why}`);
    return [];
  };
  return text
    .split(/[;\n]/)
    .map((rule) => rule.trim())
    .filter((rule) => rule !== "")
    .flatMap((rule): readonly AccountRuleSetting[] => {
      const [, who, at, account] = /^(\S+)(?: at (.+?))? ?-> ?(\S+)$/.exec(rule) ?? [];
      if (who === undefined || account === undefined)
        return wrong(rule, "is not `login -> account` or `login at selector -> account`");
      if (account !== "refuse" && !/^(\{account\}|\{name\}|[\w.@-])+$/.test(account))
        return wrong(rule, "names no account, {account}, {name} or refuse");
      const problem = at === undefined ? undefined : selectorProblem(at);
      if (problem !== undefined) return wrong(rule, `has a selector that cannot be read: ${problem}`);
      const group = /^group:(.+)$/.exec(who)?.[1];
      return [
        {
          ...(group === undefined ? { login: who } : { group }),
          ...(at === undefined ? {} : { at }),
          ...(account === "refuse" ? {} : { account }),
        },
      ];
    });
});

function selectorProblem(selector: string): string | undefined {
  try {
    parseSelector(selector);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isRole(word: string): word is Role {
  return (roleWords as readonly string[]).includes(word);
}
