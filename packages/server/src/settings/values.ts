/**
 * How a setting's text is read. Each schema takes text, because that is what the environment has; the file's numbers
 * and lists are written as text first, so that both are held to the same rules.
 */
import { isIP, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { parseSelector } from "@atalaya/protocol/selectors";
import { z } from "zod";
import { roles, type Role } from "../api/permissions.ts";
import { PlacePath } from "../api/schemas.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8443`, `[::1]:8443`, `tower.example.org:443`; several with commas. */
export const hostPorts = z.string().transform((text, context): readonly HostPort[] => {
  if (listOf(text).length === 0) context.addIssue("names no address");
  return hostPortsOf(text, context);
});

/** The same; empty: none. */
export const optionalHostPorts = z
  .string()
  .transform((text, context): readonly HostPort[] => hostPortsOf(text, context));

function hostPortsOf(text: string, context: z.RefinementCtx): readonly HostPort[] {
  const parsed = listOf(text).map((each) => [each, hostPort(each)] as const);
  for (const [each, problem] of parsed)
    if (typeof problem === "string") context.addIssue(`${JSON.stringify(each)} ${problem}`);
  if (new Set(parsed.map(([each]) => each)).size < parsed.length) context.addIssue("names an address twice");
  return parsed.flatMap(([, value]) => (typeof value === "string" ? [] : [value]));
}

/** Addresses and networks, as `127.0.0.0/8`. */
export const networks = z.string().transform((text, context): readonly Network[] =>
  listOf(text).flatMap((each) => {
    const [address = "", bits] = each.replace(/^\[(.*)\]$/, "$1").split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (family !== 0 && prefix >= 0 && prefix <= most)
      return [{ address, prefix, family: family === 4 ? ("ipv4" as const) : ("ipv6" as const) }];
    context.addIssue(`${JSON.stringify(each)} is no address and no network such as 10.0.0.0/8`);
    return [];
  }),
);

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Host names and addresses, without ports. */
export const hostNames = z.string().transform((text, context): readonly string[] => {
  const names = listOf(text).map((name) => name.replace(/^\[(.*)\]$/, "$1"));
  for (const name of names)
    if (!isHost(name.replace(/^\*\./, ""))) context.addIssue(`${JSON.stringify(name)} is no host name and no address`);
  return names;
});

/** A domain, as `relay.example.org`; empty: none. */
export const domainName = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  const domain = domainToASCII(text.toLowerCase());
  if (/^(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(domain))
    return domain;
  context.addIssue("is no domain such as `relay.example.org`");
  return z.NEVER;
});

export const onOff = z.string().transform((text, context): boolean => {
  if (/^(on|true|yes|1)$/i.test(text)) return true;
  if (/^(off|false|no|0)$/i.test(text)) return false;
  context.addIssue("is neither `on` nor `off`");
  return z.NEVER;
});

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number) {
  return z.string().transform((text, context): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    context.addIssue(`is no whole number from ${least} to ${most}`);
    return z.NEVER;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `500MB`, `20GiB`, `1000000`. */
export const byteSize = z.string().transform((text, context): number => {
  const match = /^(\d{1,12}(?:\.\d{1,3})?) ?([kmgt]i?)?b?$/i.exec(text);
  const value = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[(match[2] ?? "").toLowerCase()]!);
  if (Number.isSafeInteger(value) && value > 0) return value;
  context.addIssue("is no size such as `500MB` or `20GiB`");
  return z.NEVER;
});

export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.string().transform((text, context): Words[number] => {
    if (words.includes(text)) return text;
    context.addIssue(`is none of ${words.map((word) => `\`${word}\``).join(", ")}`);
    return z.NEVER;
  });
}

export const folder = z.string().min(1, "is empty");

/** A file's path; empty: none. */
export const optionalPath = z.string().transform((text): string | undefined => (text === "" ? undefined : text));

/** An account of this machine, by name; empty: none. */
export const accountName = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$/.test(text)) return text;
  context.addIssue("is no name of an account");
  return z.NEVER;
});

/** A file's name without folder. */
export const fileTitle = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, "is no name of a file");

/** One line of text; empty: none. */
export const line = z
  .string()
  .max(500, "is too long")
  .regex(/^[^\u0000-\u001f]*$/, "holds control characters")
  .transform((text): string | undefined => (text === "" ? undefined : text));

/** Address of an identity provider; empty: none. */
export const issuer = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  const url = URL.parse(text);
  const isLoopback = ["127.0.0.1", "[::1]", "localhost"].includes(url?.hostname ?? "");
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback)) return text;
  context.addIssue("is no address that begins with https://");
  return z.NEVER;
});

export type StoreChoice = { readonly kind: "embedded" } | { readonly kind: "postgres"; readonly url: string };

/** `embedded`, or where a PostgreSQL is. */
export const storeChoice = z.string().transform((text, context): StoreChoice => {
  if (text === "embedded") return { kind: "embedded" };
  if (/^postgres(ql)?:\/\/[^/]/.test(text) && URL.canParse(text)) return { kind: "postgres", url: text };
  context.addIssue("is neither `embedded` nor a URL such as postgres://user:password@host:5432/database");
  return z.NEVER;
});

const roleWords = Object.keys(roles) as readonly Role[];

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

const noRole = `is none of ${roleWords.map((word) => `\`${word}\``).join(", ")}`;

function isRole(word: string): word is Role {
  return (roleWords as readonly string[]).includes(word);
}

function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((each) => each !== "");
}

function hostPort(text: string): HostPort | string {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match === null) return isIPv6(text.replace(/:\d+$/, "")) ? "needs brackets: [address]:port" : "is not host:port";
  const [, inBrackets, bare, digits] = match;
  const port = Number(digits);
  if (port > 65_535) return "has a port beyond 65535";
  if (inBrackets !== undefined)
    return isIPv6(inBrackets) ? { host: inBrackets, port } : "has no IPv6 address in its brackets";
  if (bare === "") return `names no host: write 0.0.0.0:${port} for all addresses`;
  return isHost(bare!) ? { host: bare!, port } : "has no host name and no address before its port";
}

function isHost(name: string): boolean {
  if (isIP(name) !== 0) return true;
  // Digits and dots alone are a mistyped address, not a name.
  if (/^[\d.]*$/.test(name) || name.length > 253) return false;
  return domainToASCII(name)
    .split(".")
    .every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label));
}

/** `20%`; empty: no limit. */
export const percentage = z.string().transform((text, context): string | undefined => {
  if (text === "") return undefined;
  if (/^(100|[1-9]?\d)%$/.test(text)) return text;
  context.addIssue("is no percentage such as 20%");
  return z.NEVER;
});

/** Labels with commas: `key` or `key=value`. */
export const labels = z.string().transform((text, context): readonly string[] => {
  const names = listOf(text);
  for (const name of names) {
    if (!/^[A-Za-z0-9][\w./-]{0,62}(=[^,]{0,256})?$/.test(name))
      context.addIssue(`${JSON.stringify(name)} is no label such as key or key=value`);
  }
  return names;
});
