/** Who a provider's claims speak of, and in which groups they are. Only decides. */
import { z } from "zod";
import type { Person } from "../users/index.ts";

export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimNames {
  readonly provider: string;
  /** What people are called here; without it they are called by their subject. */
  readonly nameClaim: string;
  readonly groupsClaim: string;
  /** Names the account of theirs on machines; absent: they have none. */
  readonly accountClaim: string | undefined;
}

const MOST_GROUPS = 10_000;
const Subject = z.string().min(1).max(255);
const Text = z.string().min(1).max(200);
const Groups = z.union([z.string().transform((text) => text.split(/[\s,]+/)), z.array(z.string())]);
const Account = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/i);

/** Undefined when they have no subject. Claims of another form than expected are as good as absent. */
export function personOf(claims: Claims, { provider, nameClaim, groupsClaim, accountClaim }: ClaimNames) {
  const subject = Subject.safeParse(claims["sub"]);
  if (!subject.success) return undefined;
  const name = printable(textOf(claims[nameClaim]) ?? subject.data);
  const account = accountClaim === undefined ? undefined : Account.safeParse(claims[accountClaim]);
  const groups = Groups.safeParse(claims[groupsClaim]);
  return {
    name: `oidc:${provider}:${name}`,
    subject: subject.data,
    ...(account?.success === true ? { account: account.data } : {}),
    fullName: printable(textOf(claims["name"]) ?? name),
    groups: [
      ...(groups.success ? groups.data.slice(0, MOST_GROUPS) : [])
        .filter((group) => group !== "")
        .map((group) => `${provider}/${group.replace(/^\//, "")}`),
      `${provider}/*`,
    ],
  } satisfies Person;
}

function textOf(claim: unknown): string | undefined {
  const text = Text.safeParse(claim);
  return text.success ? text.data : undefined;
}

function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "").trim();
}
