/** Whom a login may run as. Only decides. */

/** A line of the `accounts` setting. */
export interface AccountRule {
  /** Names of logins, with `*` for any text. */
  readonly login?: string;
  /** Or a group of the login, as the `roles` setting names them. */
  readonly group?: string;
  /** Only on hosts that this selector hits; absent: on all. */
  readonly at?: string;
  /** `{account}`: the login's account on the server's machine; `{name}`: the login behind its last colon. Absent: nobody. */
  readonly account?: string;
}

export interface Login {
  /** `pam:ana`, `oidc:campus:ana`. */
  readonly name: string;
  readonly account?: string | undefined;
  readonly groups: readonly string[];
}

/** Rules that speak of this login, in their order. */
export function rulesFor(login: Login, rules: readonly AccountRule[]): readonly AccountRule[] {
  return rules.filter(({ login: pattern, group }) =>
    group === undefined ? fits(login.name, pattern ?? "") : login.groups.includes(group),
  );
}

/** The account a rule leads to; undefined when it refuses, or when what it speaks of is not there. */
export function accountBy({ account: template }: AccountRule, { name, account }: Login): string | undefined {
  if (template === undefined) return undefined;
  const parts: Readonly<Record<string, string | undefined>> = {
    account,
    name: name.includes(":") ? name.slice(name.lastIndexOf(":") + 1) : undefined,
  };
  let isWhole = true;
  const made = template.replaceAll(/\{(account|name)\}/g, (_, part: string) => {
    const value = parts[part];
    isWhole &&= value !== undefined;
    return value ?? "";
  });
  return isWhole && isAccountName(made) ? made : undefined;
}

/** What an account may be called anywhere; what else a provider calls its people leads to nobody. */
export function isAccountName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(text);
}

function fits(name: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "su").test(name);
}
